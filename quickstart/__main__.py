"""The command line `python -m quickstart`, which `make up` and `make up-aws` end with."""

from quickstart.aws import quickstart as quickstart_on_aws
from quickstart.flow import quickstart as quickstart_on_a_cluster
from sandbox import cli
from sandbox.bring_up import current_cluster
from sandbox.cluster import users_context

application = cli.new_application("The worked example on a personal stack: trained, registered, served, called.")


@application.command()
def kubernetes(context: cli.Context = None) -> None:
    """On the sandbox's cluster, or on one of your own."""
    quickstart_on_a_cluster(current_cluster(users_context.named(context)))


@application.command()
def aws() -> None:
    """On the offline AWS: train, register, approve, deploy."""
    quickstart_on_aws()


if __name__ == "__main__":
    cli.run(application)
