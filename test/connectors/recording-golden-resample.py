"""Golden values of the resampler, made by scipy: python3 recording-golden-resample.py > recording-golden-resample.json"""
import json

import numpy as np
from scipy.signal import resample_poly

n = np.arange(3000, dtype=np.int64)
x = (((n * n * 7 + n * 13) % 4001) - 2000) / 4096.0
out = []
for a, b in ((22050, 16000), (8000, 16000), (48000, 16000), (44100, 48000)):
    g = np.gcd(a, b)
    y = resample_poly(x, b // g, a // g)
    out.append({'fromHz': a, 'toHz': b, 'samples': len(y), 'first': [round(float(v), 7) for v in y[:40]], 'last': [round(float(v), 7) for v in y[-40:]]})
print(json.dumps(out))
