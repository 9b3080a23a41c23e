"""Tags that templates of all apps use: `console` for pages, `mail` for mails."""
