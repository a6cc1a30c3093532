"""What made the weights that ship: data readers, recipes, evaluation. Nothing else imports it."""
