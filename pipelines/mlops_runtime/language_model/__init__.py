"""Language models behind an OpenAI-compatible server: pinned, proved on golden prompts, promoted like any model."""
