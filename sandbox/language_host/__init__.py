"""A language host for Pulumi programs in Python: what the engine starts to run `runtime: python`.

The engine's own host is not published as a module that can be built, so the sandbox brings this one, over the gRPC
stubs of the Pulumi SDK. It runs programs, component packages and policy packs. It does not generate SDKs.
"""
