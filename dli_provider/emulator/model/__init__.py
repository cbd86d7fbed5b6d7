"""The state behind the answers: jobs, their statuses over time, the store, the clock."""
