"""What two configurations do differently: pure, from two plans of an event to counts over many events."""
