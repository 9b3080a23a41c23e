"""Who you are: people, how they sign in, the browsers and devices they are signed in on, mails, exports.

Above come workspaces, billing and sync; what accounts needs of them are `ports`, what it tells them `signals`.
"""
