"""What operators and admins are told and may set: the doctor, the check, the permissions, the setup."""
