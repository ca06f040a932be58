"""What options are called elsewhere (PyTorch, Keras, scikit-learn, ...), and here.

A row: the names elsewhere, and where to go here: (option here, a value, a word more). The first
whose option the function has is told, without a value the word alone. No option: there is no
counterpart, and the word says what to do. The length of the file is the table's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from wlnet.core.names import wolfram_name


class Counterpart(NamedTuple):
    """Where an option of another library is found here."""

    option: str | None
    value: str = ""
    word: str = ""


_LR = Counterpart("learning_rate", "0.001")
_MOMENTUM = (
    Counterpart("momentum", "0.9"),
    Counterpart("beta1", "0.9", "which is the momentum of ADAM"),
    Counterpart("method", '("SGD", {"Momentum": 0.9})'),
)
_DECAY = (
    Counterpart("weight_decay", "0.01", "apart from the gradient; l2_regularization is part of it"),
    Counterpart("method", '("ADAM", {"WeightDecay": 0.01})', "a number, or rules by part"),
)
_PENALTY = (
    Counterpart("l2_regularization", "0.01", "which is part of the gradient"),
    Counterpart("method", '("ADAM", {"L2Regularization": 0.01})', "a number, or rules by part"),
)
_BETAS = (
    Counterpart("beta1", "0.9", "and beta2=0.999"),
    Counterpart("beta", "0.95"),
    Counterpart("method", '("ADAM", {"Beta1": 0.9, "Beta2": 0.999})'),
)
_CLIP = (
    Counterpart("gradient_clipping", "1.0", "for each number by itself"),
    Counterpart(
        "method", '("ADAM", {"GradientClipping": 1.0})', "for each number of a gradient by itself"
    ),
)
_NORM = (
    Counterpart("gradient_norm", "1.0", "for all gradients together"),
    Counterpart("method", '("ADAM", {"GradientNorm": 1.0})', "for all gradients together"),
)
_WARMUP = (
    Counterpart("learning_rate_schedule", '("Constant", {"Warmup": 0.1})', "a share of updates"),
    Counterpart("method", '("ADAM", {"LearningRateSchedule": ("Constant", {"Warmup": 0.1})})'),
)
_SCHEDULE = (
    Counterpart("learning_rate_schedule", "lambda t, T: 1 - t / T"),
    Counterpart("method", '("ADAM", {"LearningRateSchedule": lambda t, T: 1 - t / T})'),
)
_PER_PART = (
    Counterpart("learning_rate_multipliers", "{part: rate, ...}", "where 0 or None freezes"),
)
_STOP = (Counterpart("training_stopping_criterion", '{"Criterion": "Loss", "Patience": 5}'),)
_CALLED = (
    Counterpart(
        "training_progress_function",
        "f",
        'called after every round with the state, such as state["RoundLoss"]',
    ),
)
_WEIGHTS = (Counterpart("example_weights", "weights", "a column, or the name of one"),)
_CLASS_WEIGHTS = (Counterpart("class_weights", '"Balanced"', "or {label: weight, ...}"),)
_ROUNDS = (Counterpart("max_training_rounds", "10", "where a round is a pass over the examples"),)
_SEED = (Counterpart("random_seeding", "1234"),)
_HELD_OUT = (Counterpart("validation_set", "Scaled(0.1)"),)
_HELD = (Counterpart("validation_set", "(inputs, outputs)"),)
_DEVICE = (
    Counterpart("target_device", '"CPU"', "the only one there is"),
    Counterpart(None, word="everything runs on the CPU"),
)
_MODE = (Counterpart("net_evaluation_mode", '"Train"'),)
_DRAWN = (
    Counterpart("max_training_rounds", "", 'net_initialize(net, method="Xavier") before it'),
    Counterpart("weights", "", 'net_initialize(net, method="Xavier") draws all arrays'),
    Counterpart("method", '"Xavier"'),
)
_NONE = (Counterpart(None, word="there is nothing like it here"),)
_GO_ON = (
    Counterpart(
        None,
        word="net_resume(file, data) from a checkpoint, net_train(results, data) from a record",
    ),
)
_KEPT = (Counterpart("training_progress_checkpointing", '("Directory", "runs", {"Keep": 3})'),)
_BIAS = (
    Counterpart("biases", "None", "where a layer shall have none"),
    Counterpart("input_gate_biases", "", "a recurrent layer has biases of each gate"),
)
_UNITS = (
    Counterpart("output_size", "64"),
    Counterpart("output_channels", "64"),
    Counterpart("size", "64"),
)
_INPUT = (
    Counterpart("input", "3", "or a tuple of sizes, without the batch; known inputs need it not"),
)
_ACTIVATION = (
    Counterpart("output", "", 'a function is a layer of its own: NetChain([64, "Ramp"])'),
)
_RATE = (
    Counterpart("probability", "0.5"),
    Counterpart("dilation", "2"),
    Counterpart("data", "", "a layer of the net: DropoutLayer(0.5)"),
)
_CALL = ("net_evaluation_mode", "")
"""Of those of a net that is called, which takes what it is asked for without a name."""

ELSEWHERE: Mapping[str, tuple[Counterpart, ...]] = {
    name: counterparts
    for names, counterparts in (
        (
            "epochs epoch num_epochs n_epochs max_epochs nb_epoch num_train_epochs max_iter n_iter "
            "iterations num_iterations round rounds num_rounds max_rounds n_rounds",
            _ROUNDS,
        ),
        (
            "steps max_steps steps_per_epoch num_steps",
            (
                Counterpart(
                    "max_training_rounds", "10", 'and of a generator (f, {"RoundLength": examples})'
                ),
            ),
        ),
        ("lr learningrate learning_rate_init eta eta0 step_size base_lr lr0", (_LR,)),
        ("optimizer optim solver optimiser algorithm", (Counterpart("method", '"ADAM"'),)),
        ("momentum", _MOMENTUM),
        (
            "l2 l2_reg alpha reg kernel_regularizer weight_regularizer regularization "
            "l2_regularization l2regularization",
            _PENALTY,
        ),
        ("weight_decay weightdecay wd decoupled_weight_decay", _DECAY),
        ("betas beta1 beta2 beta_1 beta_2 rho smoothing", _BETAS),
        (
            "eps epsilon adam_epsilon",
            (Counterpart("epsilon", "1e-5"), Counterpart("method", '("ADAM", {"Epsilon": 1e-5})')),
        ),
        ("nesterov nesterovs_momentum amsgrad dampening foreach fused ema maximize", _NONE),
        (
            "clipvalue clip clip_value clip_grad_value grad_clip gradient_clip gradient_clipping "
            "gradientclipping",
            _CLIP,
        ),
        (
            "clipnorm global_clipnorm clip_norm max_grad_norm clip_grad_norm gradient_clip_val "
            "gradient_norm gradientnorm",
            _NORM,
        ),
        (
            "weight_clipping weightclipping weight_clip max_norm",
            (
                Counterpart("weight_clipping", "1.0"),
                Counterpart("method", '("ADAM", {"WeightClipping": 1.0})'),
            ),
        ),
        (
            "scheduler lr_scheduler schedule lr_schedule lr_decay decay learning_rate_schedule "
            "learningrateschedule",
            _SCHEDULE,
        ),
        ("warmup warmup_steps warmup_ratio num_warmup_steps", _WARMUP),
        (
            "loss loss_fn criterion objective loss_func losses",
            (Counterpart("loss_function", "MeanSquaredLossLayer()"),),
        ),
        (
            "metrics metric scoring eval_metric score",
            (
                Counterpart("training_progress_measurements", '["Accuracy"]'),
                Counterpart("measurements", '["Accuracy", "Loss"]'),
            ),
        ),
        (
            "callbacks callback hooks on_epoch_end on_round_end progress_function",
            _CALLED,
        ),
        (
            "patience n_iter_no_change early_stopping_rounds",
            (Counterpart("patience", "5"), *_STOP),
        ),
        (
            "tol min_delta tolerance threshold delta",
            (Counterpart("absolute_change", "0.01"), *_STOP),
        ),
        ("monitor", (Counterpart("criterion", '"ErrorRate"'), *_STOP)),
        ("early_stopping early_stop", _STOP),
        (
            "validation_split validation_fraction val_split test_size val_size train_split "
            "train_size",
            _HELD_OUT,
        ),
        (
            "validation_data val_data eval_set val_set valid_set validation eval_data dev_set "
            "eval_dataset x_val",
            _HELD,
        ),
        (
            "shuffle shuffle_data",
            (Counterpart("random_seeding", "1234", "examples are shuffled anew in every round"),),
        ),
        (
            "verbose progress progress_bar disp show_progress verbosity quiet silent",
            (Counterpart("training_progress_reporting", '"Print"', "or None for silence"),),
        ),
        ("seed random_state random_seed rng generator manual_seed", _SEED),
        ("device gpu cuda gpus accelerator", _DEVICE),
        (
            "dtype precision float_precision",
            (Counterpart("working_precision", '"Real64"'),),
        ),
        (
            "amp mixed_precision fp16 bf16 half",
            (Counterpart("working_precision", '"Real32"', "which is the narrowest there is"),),
        ),
        (
            "accumulate_grad_batches gradient_accumulation_steps accumulation_steps",
            (Counterpart("batch_size", "256", "since larger batches are the same"),),
        ),
        (
            "hidden_layer_sizes hidden_layers layers num_layers",
            (Counterpart("data", "", 'layers are those of the net: NetChain([64, "Ramp", 3])'),),
        ),
        (
            "prop property properties",
            (
                Counterpart("prop", '"TrainedNet"'),
                Counterpart(*_CALL, "the second argument, without a name: net(x, prop)"),
            ),
        ),
        (
            "return_probabilities return_proba probabilities proba probs predict_proba",
            (Counterpart(*_CALL, 'net(x, "Probabilities")'),),
        ),
        ("top_k topk k top top_n", (Counterpart(*_CALL, 'net(x, ("TopProbabilities", 3))'),)),
        ("ports outputs layer_outputs", (Counterpart(*_CALL, 'net(x, NetPort("a", "Output"))'),)),
        (
            "n_jobs num_workers threads num_threads n_threads nthread nthreads njobs",
            (Counterpart("workers", "4"),),
        ),
        (
            "batch batchsize mini_batch_size minibatch minibatch_size bs per_device_batch_size",
            (Counterpart("batch_size", "64"),),
        ),
        (
            "weight sample_weight sample_weights example_weight example_weights",
            _WEIGHTS,
        ),
        (
            "class_weight class_weights pos_weight scale_pos_weight",
            _CLASS_WEIGHTS,
        ),
        (
            "freeze frozen trainable requires_grad frozen_layers freeze_layers lr_mult lr_mults "
            "param_groups params layer_lrs parameters rates learning_rates lr_multipliers",
            _PER_PART,
        ),
        (
            "warm_start init_score initial_epoch resume resume_from_checkpoint resume_from "
            "ckpt_path",
            _GO_ON,
        ),
        (
            "checkpoint checkpoints checkpoint_path checkpoint_dir save_best save_path save_dir "
            "output_dir checkpoint_callback checkpointing save_freq save_steps save_total_limit "
            "snapshot_interval",
            _KEPT,
        ),
        (
            "max_time time_limit timeout max_seconds time_budget",
            (Counterpart("time_goal", "60", "seconds"),),
        ),
        ("training train mode is_training train_mode evaluation_mode", _MODE),
        ("init initializer kernel_initializer weight_init weights_init std gain", _DRAWN),
        (
            "x y xs ys inputs target targets labels train_data dataset x_train y_train dataloader",
            (Counterpart("data", "(inputs, outputs)"),),
        ),
        ("bias use_bias", _BIAS),
        ("units out_features hidden_size filters out_channels num_hidden output_dim", _UNITS),
        ("in_features in_channels input_shape input_dim input_size", _INPUT),
        ("activation nonlinearity act", _ACTIVATION),
        ("padding pad", (Counterpart("padding_size", "1", 'or "Same"'),)),
        ("strides subsample", (Counterpart("stride", "2"),)),
        ("dilation_rate", (Counterpart("dilation", "2"),)),
        ("groups", (Counterpart("channel_groups", "2"),)),
        ("rate p dropout drop_rate", _RATE),
        ("pool_size kernel", (Counterpart("kernel_size", "2"),)),
        ("gamma", (Counterpart("scaling", "array"),)),
        (
            "beta bias_initializer",
            (
                Counterpart("biases", "array"),
                Counterpart("method", '("RMSProp", {"Beta": 0.95})'),
            ),
        ),
        ("running_mean", (Counterpart("moving_mean", "array"),)),
        ("running_var", (Counterpart("moving_variance", "array"),)),
        ("num_embeddings vocab_size n_tokens", (Counterpart("class_count", "1000"),)),
        ("embedding_dim", (Counterpart("size", "64"),)),
    )
    for name in names.split()
}


def counterpart(name: str, known: Collection[str], *, wolfram: bool = False) -> str | None:
    """Where an option of another library is found among those known here, as a repair, or None.

    wolfram: options are keys of a dict, by their Wolfram names.

    >>> counterpart("epochs", ["max_training_rounds"])
    'max_training_rounds=10, where a round is a pass over the examples'
    >>> counterpart("lr", ["learning_rate"], wolfram=True)
    '{"LearningRate": 0.001}'
    """
    for option, value, word in ELSEWHERE.get(name.lower(), ()):
        if option is None or (option in known and not value):
            return word
        if option in known:
            here = f'{{"{wolfram_name(option)}": {value}}}' if wolfram else f"{option}={value}"
            return ", ".join(filter(None, (here, word)))
    return None
