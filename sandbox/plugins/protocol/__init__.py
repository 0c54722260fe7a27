"""What every provider plugin of the sandbox shares: Pulumi's resource provider protocol, apart from any cloud."""
