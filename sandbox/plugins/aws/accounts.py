"""Refuses to change the resources of an account that the provider's settings keep off."""

import threading

from sandbox.plugins.aws.client import Cloud
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.protocol.errors import ProviderError


class Accounts:
    """Asks once whose account it is, and only where the settings name accounts."""

    def __init__(self, configuration: Configuration, cloud: Cloud) -> None:
        """Prepare the question.

        Args:
            configuration: Which accounts may be changed.
            cloud: Asks.
        """
        self._configuration = configuration
        self._cloud = cloud
        self._lock = threading.Lock()
        self._is_checked = False

    def require(self) -> None:
        """Make sure that the account may be changed.

        Raises:
            ProviderError: It may not.
        """
        allowed, forbidden = self._configuration.allowed_accounts, self._configuration.forbidden_accounts
        with self._lock:
            if self._is_checked or not (allowed or forbidden):
                return
            account = self._cloud.call("sts", self._configuration.region, "GetCallerIdentity", {})["Account"]
            if account in forbidden:
                raise ProviderError(f"account {account} is among the provider's forbiddenAccountIds")
            if allowed and account not in allowed:
                raise ProviderError(
                    f"account {account}: expected one of the provider's allowedAccountIds, {', '.join(sorted(allowed))}"
                )
            self._is_checked = True
