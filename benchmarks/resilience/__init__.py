"""What a deployment must survive: being killed, and being read without pause."""
