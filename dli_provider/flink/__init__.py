"""What a Flink job on DLI is: plain Python, no Airflow, no network."""
