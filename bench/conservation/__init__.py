"""Tries to lose an acknowledged event, and accounts for every one.

    senders --> router process(es) --> destinations that misbehave
       |           ^ kill -9, SIGSTOP, SIGTERM, a full disk |
       v           |                                        v
     ledger     conductor             journal             the log of each request
       +-----------------------> judge <--------------------+

Senders, faults and moods come from one seed. What the senders were told, what the journal holds and what the
destinations saw are compared at the end: see `judge`.
"""
