"""Which events, and what is made of them: conditions, templates, matching and planning. Pure."""
