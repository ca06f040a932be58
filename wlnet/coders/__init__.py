"""Encoders and decoders: from things in the world to arrays and back, one file a kind.

In the order to read them: coder (what every coder is), parameters (values of theirs), encoder and
decoder (the two doors), a small kind (scalar_encoder, boolean_decoder), record (coders in files),
inference (which encoder a column asks for). Labels of classes: labels, worth, label_decoder,
label_sets. Texts: text_encoder, text_decoder, alphabet, vocabulary, lengths; of subwords: subwords,
segmentation. Pictures: pictures, framing, resampling, normalization.

A new coder is a new file, a row in a table below, and an example in the tests of every coder. One
that has to know nets stands there, and the doorplate puts it into the table:
nets/feature_extractor_encoder.
"""

from __future__ import annotations

from wlnet.coders.boolean_decoder import BooleanDecoder
from wlnet.coders.boolean_encoder import BooleanEncoder
from wlnet.coders.characters_decoder import CharactersDecoder
from wlnet.coders.characters_encoder import CharactersEncoder
from wlnet.coders.class_decoder import ClassDecoder
from wlnet.coders.class_encoder import ClassEncoder
from wlnet.coders.coder import Coder
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.function_decoder import FunctionDecoder
from wlnet.coders.function_encoder import FunctionEncoder
from wlnet.coders.image_decoder import ImageDecoder
from wlnet.coders.image_encoder import ImageEncoder
from wlnet.coders.inference import infer_encoder
from wlnet.coders.number_decoder import NumberDecoder
from wlnet.coders.number_encoder import NumberEncoder
from wlnet.coders.record import from_record, to_record
from wlnet.coders.scalar_decoder import ScalarDecoder
from wlnet.coders.scalar_encoder import ScalarEncoder
from wlnet.coders.subword_tokens_decoder import SubwordTokensDecoder
from wlnet.coders.subword_tokens_encoder import SubwordTokensEncoder
from wlnet.coders.tokens_decoder import TokensDecoder
from wlnet.coders.tokens_encoder import TokensEncoder
from wlnet.coders.unit_vector_encoder import UnitVectorEncoder
from wlnet.coders.utf8_decoder import UTF8Decoder
from wlnet.coders.utf8_encoder import UTF8Encoder

NetEncoder.kinds = {
    "Boolean": BooleanEncoder,
    "Characters": CharactersEncoder,
    "Class": ClassEncoder,
    "Function": FunctionEncoder,
    "Image": ImageEncoder,
    "Number": NumberEncoder,
    "Scalar": ScalarEncoder,
    "SubwordTokens": SubwordTokensEncoder,
    "Tokens": TokensEncoder,
    "UTF8": UTF8Encoder,
    "UnitVector": UnitVectorEncoder,
}
NetDecoder.kinds = {
    "Boolean": BooleanDecoder,
    "Characters": CharactersDecoder,
    "Class": ClassDecoder,
    "Function": FunctionDecoder,
    "Image": ImageDecoder,
    "Number": NumberDecoder,
    "Scalar": ScalarDecoder,
    "SubwordTokens": SubwordTokensDecoder,
    "Tokens": TokensDecoder,
    "UTF8": UTF8Decoder,
}


__all__ = ["Coder", "NetDecoder", "NetEncoder", "from_record", "infer_encoder", "to_record"]
