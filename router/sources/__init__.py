"""Who may send: signature schemes, providers as data files, and the events they make of requests."""
