"""How `mlops build` logs in to a registry: to ECR by a token that AWS gives, elsewhere as the user has logged in."""

import base64

from pulumi_mlops._shared.aws.client import AwsError, MissingError, ask, client
from pulumi_mlops._shared.aws.permissions import ECR_IMAGE
from pulumi_mlops.image.builder import Login
from pulumi_mlops.image.errors import ImageError


def login_to(repository: str) -> Login | None:
    """Return the login for a repository's registry; None where it is the user's own affair.

    It is what `aws ecr get-login-password` and `docker login` do together; the token stays in this process.

    Args:
        repository: The repository, with its registry in front.

    Raises:
        ImageError: When the repository is in ECR, and AWS gives no token or knows no such repository.
    """
    found = ECR_IMAGE.fullmatch(f"{repository}@any")
    if found is None:
        return None
    account_id, region, name = found["account_id"], found["region"], found["repository"]
    ecr = client("ecr", region)
    try:
        ask(ecr, "describe_repositories", registryId=account_id, repositoryNames=[name])
        token = ask(ecr, "get_authorization_token")["authorizationData"][0]["authorizationToken"]
    except MissingError as error:
        raise ImageError(
            f"{repository}: got no repository {name} in account {account_id}, region {region}, expected one",
            f"aws ecr create-repository --region {region} --repository-name {name}, or correct images.repository",
        ) from error
    except AwsError as error:
        raise ImageError(f"{repository}: {error}", "look at your credentials: aws sts get-caller-identity") from error
    user, _, password = base64.b64decode(token).decode().partition(":")
    return Login(repository.partition("/")[0], user, password)
