"""Constructors of layers, by their declarations. Made by `python docs/reference.py`."""

from typing import Any

from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.aggregation import AggregationLayer as _AggregationLayer
from wlnet.layers.append import AppendLayer as _AppendLayer
from wlnet.layers.basic_recurrent import BasicRecurrentLayer as _BasicRecurrentLayer
from wlnet.layers.batch_normalization import BatchNormalizationLayer as _BatchNormalizationLayer
from wlnet.layers.catenate import CatenateLayer as _CatenateLayer
from wlnet.layers.compiled import CompiledLayer as _CompiledLayer
from wlnet.layers.constant_plus import ConstantPlusLayer as _ConstantPlusLayer
from wlnet.layers.constant_times import ConstantTimesLayer as _ConstantTimesLayer
from wlnet.layers.contrastive_loss import ContrastiveLossLayer as _ContrastiveLossLayer
from wlnet.layers.convolution import ConvolutionLayer as _ConvolutionLayer
from wlnet.layers.cross_entropy_loss import CrossEntropyLossLayer as _CrossEntropyLossLayer
from wlnet.layers.ctc_loss import CTCLossLayer as _CTCLossLayer
from wlnet.layers.deconvolution import DeconvolutionLayer as _DeconvolutionLayer
from wlnet.layers.dot import DotLayer as _DotLayer
from wlnet.layers.dropout import DropoutLayer as _DropoutLayer
from wlnet.layers.elementwise import ElementwiseLayer as _ElementwiseLayer
from wlnet.layers.embedding import EmbeddingLayer as _EmbeddingLayer
from wlnet.layers.extract import ExtractLayer as _ExtractLayer
from wlnet.layers.flatten import FlattenLayer as _FlattenLayer
from wlnet.layers.function import FunctionLayer as _FunctionLayer
from wlnet.layers.gated_recurrent import GatedRecurrentLayer as _GatedRecurrentLayer
from wlnet.layers.huber_loss import HuberLossLayer as _HuberLossLayer
from wlnet.layers.image_augmentation import ImageAugmentationLayer as _ImageAugmentationLayer
from wlnet.layers.linear import LinearLayer as _LinearLayer
from wlnet.layers.lrn import LocalResponseNormalizationLayer as _LocalResponseNormalizationLayer
from wlnet.layers.lstm import LongShortTermMemoryLayer as _LongShortTermMemoryLayer
from wlnet.layers.mean_absolute_loss import MeanAbsoluteLossLayer as _MeanAbsoluteLossLayer
from wlnet.layers.mean_squared_loss import MeanSquaredLossLayer as _MeanSquaredLossLayer
from wlnet.layers.net_array import NetArrayLayer as _NetArrayLayer
from wlnet.layers.normalization import NormalizationLayer as _NormalizationLayer
from wlnet.layers.ordering import OrderingLayer as _OrderingLayer
from wlnet.layers.padding import PaddingLayer as _PaddingLayer
from wlnet.layers.parametric_ramp import ParametricRampLayer as _ParametricRampLayer
from wlnet.layers.part import PartLayer as _PartLayer
from wlnet.layers.placeholder import PlaceholderLayer as _PlaceholderLayer
from wlnet.layers.pooling import PoolingLayer as _PoolingLayer
from wlnet.layers.prepend import PrependLayer as _PrependLayer
from wlnet.layers.random_array import RandomArrayLayer as _RandomArrayLayer
from wlnet.layers.replicate import ReplicateLayer as _ReplicateLayer
from wlnet.layers.reshape import ReshapeLayer as _ReshapeLayer
from wlnet.layers.resize import ResizeLayer as _ResizeLayer
from wlnet.layers.sequence_indices import SequenceIndicesLayer as _SequenceIndicesLayer
from wlnet.layers.sequence_last import SequenceLastLayer as _SequenceLastLayer
from wlnet.layers.sequence_most import SequenceMostLayer as _SequenceMostLayer
from wlnet.layers.sequence_rest import SequenceRestLayer as _SequenceRestLayer
from wlnet.layers.sequence_reverse import SequenceReverseLayer as _SequenceReverseLayer
from wlnet.layers.softmax import SoftmaxLayer as _SoftmaxLayer
from wlnet.layers.spatial import SpatialTransformationLayer as _SpatialTransformationLayer
from wlnet.layers.summation import SummationLayer as _SummationLayer
from wlnet.layers.threading import ThreadingLayer as _ThreadingLayer
from wlnet.layers.total import TotalLayer as _TotalLayer
from wlnet.layers.transpose import TransposeLayer as _TransposeLayer
from wlnet.layers.unit_vector import UnitVectorLayer as _UnitVectorLayer
from wlnet.layers.weighted_loss import WeightedLossLayer as _WeightedLossLayer
class AggregationLayer(_AggregationLayer):
    def __init__(self, function: Any, levels: Any = '2;;-1', *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class AppendLayer(_AppendLayer):
    def __init__(self, *, input: Any = AUTOMATIC, element: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class BasicRecurrentLayer(_BasicRecurrentLayer):
    def __init__(self, size: Any = AUTOMATIC, dropout: Any = None, *, input_weights: Any = AUTOMATIC, state_weights: Any = AUTOMATIC, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class BatchNormalizationLayer(_BatchNormalizationLayer):
    def __init__(self, momentum: Any = 0.9, epsilon: Any = 0.001, interleaving: Any = False, *, scaling: Any = AUTOMATIC, biases: Any = AUTOMATIC, moving_mean: Any = AUTOMATIC, moving_variance: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class CTCLossLayer(_CTCLossLayer):
    def __init__(self, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class CatenateLayer(_CatenateLayer):
    def __init__(self, level: Any = 1, *, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class CompiledLayer(_CompiledLayer):
    def __init__(self, function: Any, derivative: Any = None, *, ports: Any = None) -> None: ...
class ConstantPlusLayer(_ConstantPlusLayer):
    def __init__(self, *, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ConstantTimesLayer(_ConstantTimesLayer):
    def __init__(self, *, scaling: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ContrastiveLossLayer(_ContrastiveLossLayer):
    def __init__(self, margin: Any = 0.5, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ConvolutionLayer(_ConvolutionLayer):
    def __init__(self, output_channels: Any = AUTOMATIC, kernel_size: Any = AUTOMATIC, stride: Any = 1, padding_size: Any = 0, dilation: Any = 1, channel_groups: Any = 1, interleaving: Any = False, dimensionality: Any = AUTOMATIC, *, weights: Any = AUTOMATIC, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class CrossEntropyLossLayer(_CrossEntropyLossLayer):
    def __init__(self, form: Any, label_smoothing: Any = 0.0, class_weights: Any = None, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class DeconvolutionLayer(_DeconvolutionLayer):
    def __init__(self, output_channels: Any = AUTOMATIC, kernel_size: Any = AUTOMATIC, stride: Any = 1, padding_size: Any = 0, dilation: Any = 1, channel_groups: Any = 1, interleaving: Any = False, *, weights: Any = AUTOMATIC, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class DotLayer(_DotLayer):
    def __init__(self, *, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class DropoutLayer(_DropoutLayer):
    def __init__(self, probability: Any = 0.5, method: Any = 'Dropout', *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ElementwiseLayer(_ElementwiseLayer):
    def __init__(self, function: Any, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class EmbeddingLayer(_EmbeddingLayer):
    def __init__(self, size: Any = AUTOMATIC, class_count: Any = AUTOMATIC, *, weights: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ExtractLayer(_ExtractLayer):
    def __init__(self, *, input: Any = AUTOMATIC, position: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class FlattenLayer(_FlattenLayer):
    def __init__(self, level: Any = 'All', *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class FunctionLayer(_FunctionLayer):
    def __init__(self, function: Any, *, ports: Any = None) -> None: ...
class GatedRecurrentLayer(_GatedRecurrentLayer):
    def __init__(self, size: Any = AUTOMATIC, dropout: Any = None, *, input_gate_input_weights: Any = AUTOMATIC, input_gate_state_weights: Any = AUTOMATIC, input_gate_biases: Any = AUTOMATIC, reset_gate_input_weights: Any = AUTOMATIC, reset_gate_state_weights: Any = AUTOMATIC, reset_gate_biases: Any = AUTOMATIC, memory_gate_input_weights: Any = AUTOMATIC, memory_gate_state_weights: Any = AUTOMATIC, memory_gate_biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class HuberLossLayer(_HuberLossLayer):
    def __init__(self, delta: Any = 1.0, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ImageAugmentationLayer(_ImageAugmentationLayer):
    def __init__(self, size: Any, reflection_probabilities: Any = (0.0, 0.0), *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class LinearLayer(_LinearLayer):
    def __init__(self, output_size: Any = AUTOMATIC, *, weights: Any = AUTOMATIC, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class LocalResponseNormalizationLayer(_LocalResponseNormalizationLayer):
    def __init__(self, channel_window_size: Any = 2, alpha: Any = 1.0, beta: Any = 0.5, bias: Any = 1.0, interleaving: Any = False, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class LongShortTermMemoryLayer(_LongShortTermMemoryLayer):
    def __init__(self, size: Any = AUTOMATIC, dropout: Any = None, *, input_gate_input_weights: Any = AUTOMATIC, input_gate_state_weights: Any = AUTOMATIC, input_gate_biases: Any = AUTOMATIC, output_gate_input_weights: Any = AUTOMATIC, output_gate_state_weights: Any = AUTOMATIC, output_gate_biases: Any = AUTOMATIC, forget_gate_input_weights: Any = AUTOMATIC, forget_gate_state_weights: Any = AUTOMATIC, forget_gate_biases: Any = AUTOMATIC, memory_gate_input_weights: Any = AUTOMATIC, memory_gate_state_weights: Any = AUTOMATIC, memory_gate_biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class MeanAbsoluteLossLayer(_MeanAbsoluteLossLayer):
    def __init__(self, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class MeanSquaredLossLayer(_MeanSquaredLossLayer):
    def __init__(self, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
class NetArrayLayer(_NetArrayLayer):
    def __init__(self, *, array: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class NormalizationLayer(_NormalizationLayer):
    def __init__(self, aggregation_levels: Any = '2;;-1', scaling_levels: Any = 'Complement', epsilon: Any = 0.001, group_number: Any = None, unbiased: Any = False, method: Any = 'Standardize', *, scaling: Any = AUTOMATIC, biases: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class OrderingLayer(_OrderingLayer):
    def __init__(self, count: Any = ..., *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class PaddingLayer(_PaddingLayer):
    def __init__(self, margins: Any, padding: Any = 0.0, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ParametricRampLayer(_ParametricRampLayer):
    def __init__(self, levels: Any = (1,), *, slope: Any = AUTOMATIC, input: Any = AUTOMATIC, output: Any = AUTOMATIC, learning_rate_multipliers: Any = AUTOMATIC, ports: Any = None) -> None: ...
class PartLayer(_PartLayer):
    def __init__(self, part: Any, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class PlaceholderLayer(_PlaceholderLayer):
    def __init__(self, tag: Any = None, input_ports: Any = ('Input',), output_ports: Any = ('Output',), *, ports: Any = None) -> None: ...
class PoolingLayer(_PoolingLayer):
    def __init__(self, kernel_size: Any, stride: Any = 1, function: Any = 'Max', padding_size: Any = 0, dimensionality: Any = AUTOMATIC, interleaving: Any = False, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class PrependLayer(_PrependLayer):
    def __init__(self, *, input: Any = AUTOMATIC, element: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class RandomArrayLayer(_RandomArrayLayer):
    def __init__(self, distribution: Any = ('Normal', 0.0, 1.0), *, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ReplicateLayer(_ReplicateLayer):
    def __init__(self, counts: Any, level: Any = 1, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ReshapeLayer(_ReshapeLayer):
    def __init__(self, dimensions: Any, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ResizeLayer(_ResizeLayer):
    def __init__(self, sizes: Any, resampling: Any = 'Linear', scheme: Any = AUTOMATIC, interleaving: Any = False, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SequenceIndicesLayer(_SequenceIndicesLayer):
    def __init__(self, maximum: Any = None, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SequenceLastLayer(_SequenceLastLayer):
    def __init__(self, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SequenceMostLayer(_SequenceMostLayer):
    def __init__(self, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SequenceRestLayer(_SequenceRestLayer):
    def __init__(self, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SequenceReverseLayer(_SequenceReverseLayer):
    def __init__(self, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SoftmaxLayer(_SoftmaxLayer):
    def __init__(self, level: Any = -1, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SpatialTransformationLayer(_SpatialTransformationLayer):
    def __init__(self, size: Any, *, input: Any = AUTOMATIC, parameters: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class SummationLayer(_SummationLayer):
    def __init__(self, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class ThreadingLayer(_ThreadingLayer):
    def __init__(self, function: Any, *, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class TotalLayer(_TotalLayer):
    def __init__(self, *, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class TransposeLayer(_TransposeLayer):
    def __init__(self, permutation: Any = ((1, 2),), *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class UnitVectorLayer(_UnitVectorLayer):
    def __init__(self, size: Any = AUTOMATIC, *, input: Any = AUTOMATIC, output: Any = AUTOMATIC, ports: Any = None) -> None: ...
class WeightedLossLayer(_WeightedLossLayer):
    def __init__(self, form: Any, label_smoothing: Any = 0.0, class_weights: Any = None, *, input: Any = AUTOMATIC, target: Any = AUTOMATIC, weight: Any = AUTOMATIC, loss: Any = AUTOMATIC, ports: Any = None) -> None: ...
__all__ = [
    "AggregationLayer",
    "AppendLayer",
    "BasicRecurrentLayer",
    "BatchNormalizationLayer",
    "CTCLossLayer",
    "CatenateLayer",
    "CompiledLayer",
    "ConstantPlusLayer",
    "ConstantTimesLayer",
    "ContrastiveLossLayer",
    "ConvolutionLayer",
    "CrossEntropyLossLayer",
    "DeconvolutionLayer",
    "DotLayer",
    "DropoutLayer",
    "ElementwiseLayer",
    "EmbeddingLayer",
    "ExtractLayer",
    "FlattenLayer",
    "FunctionLayer",
    "GatedRecurrentLayer",
    "HuberLossLayer",
    "ImageAugmentationLayer",
    "LinearLayer",
    "LocalResponseNormalizationLayer",
    "LongShortTermMemoryLayer",
    "MeanAbsoluteLossLayer",
    "MeanSquaredLossLayer",
    "NetArrayLayer",
    "NormalizationLayer",
    "OrderingLayer",
    "PaddingLayer",
    "ParametricRampLayer",
    "PartLayer",
    "PlaceholderLayer",
    "PoolingLayer",
    "PrependLayer",
    "RandomArrayLayer",
    "ReplicateLayer",
    "ReshapeLayer",
    "ResizeLayer",
    "SequenceIndicesLayer",
    "SequenceLastLayer",
    "SequenceMostLayer",
    "SequenceRestLayer",
    "SequenceReverseLayer",
    "SoftmaxLayer",
    "SpatialTransformationLayer",
    "SummationLayer",
    "ThreadingLayer",
    "TotalLayer",
    "TransposeLayer",
    "UnitVectorLayer",
    "WeightedLossLayer",
]
