"""What operators and admins are told and may set: the doctor, the check, the setup, and what the log may hold."""
