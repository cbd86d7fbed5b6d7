"""The poller that all deferred waits and watchers of a connection share.

- ``registry``: which poller serves a subscriber.
- ``poller``: whom a poller serves, and how it reads jobs by themselves.
- ``list_reader``: reads many jobs at once, by pages of the list.
- ``client``: makes the calls, within the limits that all pollers of an access key share.
- ``rate_limiter``: how long to wait before the next call.
- ``subscriber``: what a poller serves, and a deferred wait as one.
- ``changes``: the watch for changes of status as another.
"""
