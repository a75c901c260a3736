/** The data profile of gearbox-4pos: windows of 500 samples, 25 bands, standardised together. */
export const GEARBOX_PROFILE = {
  signals: { waveform: 'vibration', label: 'condition', lot: 'lot' },
  window: { length: 500, hop: 500 },
  features: { key: 'log-band-power', bands: 25 },
  classes: ['healthy', 'broken_tooth'],
  testLots: ['test'],
  examples: { ready: 100, maximum: 100, minimumTrain: 1 },
  standardisation: 'federated',
};
