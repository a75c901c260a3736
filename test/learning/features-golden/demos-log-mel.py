"""Golden values of the `demos` preset, made by scipy and librosa: python3 demos-log-mel.py > demos-log-mel.json"""
import json

import librosa
import numpy as np
import scipy.signal

SAMPLES, RATE, FRAMES = 47_000, 16_000, 373
n = np.arange(SAMPLES, dtype=np.int64)
# Integers over a power of two: the same bits in every language. Then silence, which the floor must bear.
x = (((n * n * 7 + n * 13) % 4001) - 2000) / 4096.0
x[30_000:34_000] = 0
_, _, s = scipy.signal.spectrogram(
    x, fs=1.0, window=np.hamming(512), nperseg=512, noverlap=256, detrend=False, return_onesided=True, mode='magnitude'
)
bank = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=64, fmin=20, fmax=RATE / 2, dtype=np.float64)
own = np.log(s.T @ bank.T + 1e-8)
values = own[np.arange(FRAMES) % len(own)]
shown = [0, 1, 90, 117, 120, 181, 182, 183, 372]
print(json.dumps({
    'samples': SAMPLES, 'sampleRateHz': RATE, 'ownFrames': len(own), 'mean': round(float(values.mean()), 9),
    'frames': {str(f): [round(float(v), 6) for v in values[f]] for f in shown},
}))
