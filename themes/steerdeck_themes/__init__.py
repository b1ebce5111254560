"""Every colour and every rule of layout: palettes and styles. Imports nothing of ours."""
