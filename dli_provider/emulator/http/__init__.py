"""How requests arrive: the listener, the routes, faults in the place of answers."""
