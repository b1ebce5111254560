"""Who answers prompts. The only folder that imports openai and genai-prices."""
