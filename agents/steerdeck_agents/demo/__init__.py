"""The offline demo: a small real project and four scripted sessions on it."""
