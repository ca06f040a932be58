"""Layers, one file each: what it declares, what it computes, the same in plain NumPy, examples.

Read elementwise.py first (no arrays), then linear.py (two arrays, sizes that are tied), then what
you need; declaring/ has the words they are written in. Layers know no nets and no kernels: they say
what they compute in the primitives of graph/.

A new layer is one new file and one line here: docs/how-to/a-layer-of-your-own.md.
"""

from wlnet.layers.aggregation import AggregationLayer as AggregationLayer
from wlnet.layers.append import AppendLayer as AppendLayer
from wlnet.layers.basic_recurrent import BasicRecurrentLayer as BasicRecurrentLayer
from wlnet.layers.batch_normalization import BatchNormalizationLayer as BatchNormalizationLayer
from wlnet.layers.catenate import CatenateLayer as CatenateLayer
from wlnet.layers.compiled import CompiledLayer as CompiledLayer
from wlnet.layers.constant_plus import ConstantPlusLayer as ConstantPlusLayer
from wlnet.layers.constant_times import ConstantTimesLayer as ConstantTimesLayer
from wlnet.layers.contrastive_loss import ContrastiveLossLayer as ContrastiveLossLayer
from wlnet.layers.convolution import ConvolutionLayer as ConvolutionLayer
from wlnet.layers.cross_entropy_loss import CrossEntropyLossLayer as CrossEntropyLossLayer
from wlnet.layers.ctc_loss import CTCLossLayer as CTCLossLayer
from wlnet.layers.deconvolution import DeconvolutionLayer as DeconvolutionLayer
from wlnet.layers.dot import DotLayer as DotLayer
from wlnet.layers.dropout import DropoutLayer as DropoutLayer
from wlnet.layers.elementwise import ElementwiseLayer as ElementwiseLayer
from wlnet.layers.embedding import EmbeddingLayer as EmbeddingLayer
from wlnet.layers.extract import ExtractLayer as ExtractLayer
from wlnet.layers.flatten import FlattenLayer as FlattenLayer
from wlnet.layers.function import FunctionLayer as FunctionLayer
from wlnet.layers.gated_recurrent import GatedRecurrentLayer as GatedRecurrentLayer
from wlnet.layers.huber_loss import HuberLossLayer as HuberLossLayer
from wlnet.layers.image_augmentation import ImageAugmentationLayer as ImageAugmentationLayer
from wlnet.layers.linear import LinearLayer as LinearLayer
from wlnet.layers.lrn import LocalResponseNormalizationLayer as LocalResponseNormalizationLayer
from wlnet.layers.lstm import LongShortTermMemoryLayer as LongShortTermMemoryLayer
from wlnet.layers.mean_absolute_loss import MeanAbsoluteLossLayer as MeanAbsoluteLossLayer
from wlnet.layers.mean_squared_loss import MeanSquaredLossLayer as MeanSquaredLossLayer
from wlnet.layers.net_array import NetArrayLayer as NetArrayLayer
from wlnet.layers.normalization import NormalizationLayer as NormalizationLayer
from wlnet.layers.ordering import OrderingLayer as OrderingLayer
from wlnet.layers.padding import PaddingLayer as PaddingLayer
from wlnet.layers.parametric_ramp import ParametricRampLayer as ParametricRampLayer
from wlnet.layers.part import PartLayer as PartLayer
from wlnet.layers.placeholder import PlaceholderLayer as PlaceholderLayer
from wlnet.layers.pooling import PoolingLayer as PoolingLayer
from wlnet.layers.prepend import PrependLayer as PrependLayer
from wlnet.layers.random_array import RandomArrayLayer as RandomArrayLayer
from wlnet.layers.replicate import ReplicateLayer as ReplicateLayer
from wlnet.layers.reshape import ReshapeLayer as ReshapeLayer
from wlnet.layers.resize import ResizeLayer as ResizeLayer
from wlnet.layers.sequence_indices import SequenceIndicesLayer as SequenceIndicesLayer
from wlnet.layers.sequence_last import SequenceLastLayer as SequenceLastLayer
from wlnet.layers.sequence_most import SequenceMostLayer as SequenceMostLayer
from wlnet.layers.sequence_rest import SequenceRestLayer as SequenceRestLayer
from wlnet.layers.sequence_reverse import SequenceReverseLayer as SequenceReverseLayer
from wlnet.layers.softmax import SoftmaxLayer as SoftmaxLayer
from wlnet.layers.spatial import SpatialTransformationLayer as SpatialTransformationLayer
from wlnet.layers.summation import SummationLayer as SummationLayer
from wlnet.layers.threading import ThreadingLayer as ThreadingLayer
from wlnet.layers.total import TotalLayer as TotalLayer
from wlnet.layers.transpose import TransposeLayer as TransposeLayer
from wlnet.layers.unit_vector import UnitVectorLayer as UnitVectorLayer
from wlnet.layers.weighted_loss import WeightedLossLayer as WeightedLossLayer

__all__ = sorted(name for name in globals() if name.endswith("Layer"))
