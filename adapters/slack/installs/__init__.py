"""By which tokens the bot is where: of one workspace, or of many that install it, with tokens that are renewed."""
