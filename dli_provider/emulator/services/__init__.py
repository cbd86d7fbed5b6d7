"""What answers them: the gateway, IAM, the metadata service of an ECS server, and DLI's Flink jobs."""
