"""What a model gives for the rows of a request; apart from the model, for who only reads and writes messages."""

import numpy
import numpy.typing

Answers = numpy.typing.NDArray[numpy.float32]
