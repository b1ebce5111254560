"""The vocabulary: pure values and the fold over them. No IO, no asyncio, nothing of ours above."""
