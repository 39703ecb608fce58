"""What is looked at: each surface reads one kind of thing into typed facts, and knows no rules."""
