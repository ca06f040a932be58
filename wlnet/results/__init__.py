"""The frozen record of a training, asked by property name."""

from wlnet.results.results import NetTrainResults as NetTrainResults
from wlnet.results.results import TrainingRecord as TrainingRecord
