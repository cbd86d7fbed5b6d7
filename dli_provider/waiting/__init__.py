"""One wait for a job's status, wherever it runs: on a worker, in its next process, or in a triggerer."""
