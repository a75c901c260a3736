/** A rolling bearing's geometry. */
export interface Bearing {
  readonly balls: number;
  readonly ballDiameterMm: number;
  readonly pitchDiameterMm: number;
  readonly contactAngleDegrees: number;
}

/** A deep groove ball bearing of size 6205, a common one on motors of a few kilowatts. */
export const BEARING_6205: Bearing = {
  balls: 9,
  ballDiameterMm: 7.94,
  pitchDiameterMm: 39.04,
  contactAngleDegrees: 0,
};

/** How often per second a defect is passed, with the outer race at rest. */
export interface BearingFrequencies {
  /** A defect of the outer race (BPFO). */
  readonly outerRaceHz: number;
  /** A defect of the inner race (BPFI). */
  readonly innerRaceHz: number;
  /** A ball about its own axis (BSF). */
  readonly ballSpinHz: number;
}

/** Kinematic frequencies without slip (Randall and Antoni, Rolling element bearing diagnostics, MSSP 25, 2011). */
export function bearingFrequencies(bearing: Bearing, shaftHz: number): BearingFrequencies {
  const { balls, ballDiameterMm, pitchDiameterMm, contactAngleDegrees } = bearing;
  const ratio = (ballDiameterMm / pitchDiameterMm) * Math.cos((contactAngleDegrees * Math.PI) / 180);
  return {
    outerRaceHz: (balls / 2) * shaftHz * (1 - ratio),
    innerRaceHz: (balls / 2) * shaftHz * (1 + ratio),
    ballSpinHz: (pitchDiameterMm / (2 * ballDiameterMm)) * shaftHz * (1 - ratio * ratio),
  };
}
