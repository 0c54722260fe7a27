"""Which machines bring disks of their own, which no key of ours can encrypt: their hardware encrypts them already.

AWS refuses a `VolumeKmsKeyId` of a job, and a `KmsKeyId` of an endpoint's configuration, for them:
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html: "If you specify a value for
KmsKeyId when using any nitro-based instances with local storage, the call to CreateEndpointConfig fails."
"""

import re

# Families that say so with a d (r5d, g4dn, p4de), and those that do not.
_WITH_DISKS = re.compile(
    r"ml\.([a-z]+[0-9]+[a-z]*d[a-z]*|g[5-7]e?|gr6|p5(e|en)?|p6-b[23]00|p6e-gb200|trn1n?|trn2)(\..*)?"
)


def has_own_disks(instance_type: str) -> bool:
    """Tell whether a type of machine brings disks of its own."""
    return _WITH_DISKS.fullmatch(instance_type) is not None
