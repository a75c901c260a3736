/** Up to four numbers; what is behind them stays unread. */
export function loadSome(place: usize, kept: usize): v128 {
  if (kept === 4) return v128.load(place);
  let numbers = f32x4.splat(0);
  numbers = f32x4.replace_lane(numbers, 0, load<f32>(place));
  if (kept > 1) numbers = f32x4.replace_lane(numbers, 1, load<f32>(place + 4));
  if (kept > 2) numbers = f32x4.replace_lane(numbers, 2, load<f32>(place + 8));
  return numbers;
}

/** Stores as many as `loadSome` read. */
export function storeSome(place: usize, numbers: v128, kept: usize): void {
  if (kept === 4) {
    v128.store(place, numbers);
    return;
  }
  store<f32>(place, f32x4.extract_lane(numbers, 0));
  if (kept > 1) store<f32>(place + 4, f32x4.extract_lane(numbers, 1));
  if (kept > 2) store<f32>(place + 8, f32x4.extract_lane(numbers, 2));
}
