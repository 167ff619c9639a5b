"""What `make` needs around the application: set-up, the processes of a trial run, private services."""
