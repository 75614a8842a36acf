"""The durable store of events, deliveries and attempts; the only room that speaks SQL to it."""
