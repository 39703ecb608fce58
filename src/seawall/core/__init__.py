"""What everything else is made of: the model, rules as data, sources, policy and errors."""
