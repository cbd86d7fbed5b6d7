"""The poller that all deferred waits of a connection share."""
