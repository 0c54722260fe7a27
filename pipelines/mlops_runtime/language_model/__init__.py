"""Language models behind an OpenAI-compatible server: pinned, proved on golden prompts, promoted like any model.

What a workload's graph module names is here and is cheap to import; what runs them is in the modules beside.
"""

from mlops_runtime.language_model.choice import Choice, LanguageModelParameters, Question
from mlops_runtime.language_model.graph import LanguageModelGraph, language_model_graph

__all__ = ["Choice", "LanguageModelGraph", "LanguageModelParameters", "Question", "language_model_graph"]
