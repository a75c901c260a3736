/**
 * Maximum of each window of one image, any size, stride and padding (`top`, `left` rows and columns of nothing before).
 */
export function maxPoolImage(
  image: usize,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  rowStride: i32,
  columnStride: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  out: usize,
): void {
  const whole = channels & ~3;
  for (let outRow = 0; outRow < outHeight; outRow++) {
    const y = outRow * rowStride - top;
    const y0 = max(y, 0);
    const y1 = min(y + windowHeight, height);
    for (let outColumn = 0; outColumn < outWidth; outColumn++) {
      const x = outColumn * columnStride - left;
      const x0 = max(x, 0);
      const x1 = min(x + windowWidth, width);
      for (let channel = 0; channel < whole; channel += 4, out += 16) {
        let best = f32x4.splat(-Infinity as f32);
        for (let row = y0; row < y1; row++) {
          let place = image + (((row * width + x0) * channels + channel) << 2);
          for (let column = x0; column < x1; column++, place += channels << 2) {
            best = f32x4.pmax(best, v128.load(place));
          }
        }
        v128.store(out, best);
      }
      for (let channel = whole; channel < channels; channel++, out += 4) {
        let best: f32 = -Infinity as f32;
        for (let row = y0; row < y1; row++) {
          for (let column = x0; column < x1; column++) {
            const value = load<f32>(image + (((row * width + column) * channels + channel) << 2));
            if (value > best) best = value;
          }
        }
        store<f32>(out, best);
      }
    }
  }
}

/**
 * Slopes of one image's maxima handed to the first place of each maximum, as TensorFlow does.
 * @param gate 1 passes nothing where the maximum is not above zero: the slope of a ReLU before the pooling.
 */
export function maxPoolGradientImage(
  image: usize,
  maxima: usize,
  slopes: usize,
  height: i32,
  width: i32,
  channels: i32,
  windowHeight: i32,
  windowWidth: i32,
  rowStride: i32,
  columnStride: i32,
  top: i32,
  left: i32,
  outHeight: i32,
  outWidth: i32,
  gate: i32,
  out: usize,
): void {
  const tiled =
    rowStride === windowHeight &&
    columnStride === windowWidth &&
    outHeight * windowHeight === height &&
    outWidth * windowWidth === width;
  // Windows that tile the image write each place once; others add to it.
  if (!tiled) memory.fill(out, 0, (height * width * channels) << 2);
  const whole = channels & ~3;
  const threshold = f32x4.splat(gate ? 0 : (-Infinity as f32));
  for (let outRow = 0; outRow < outHeight; outRow++) {
    const y = outRow * rowStride - top;
    const y0 = max(y, 0);
    const y1 = min(y + windowHeight, height);
    for (let outColumn = 0; outColumn < outWidth; outColumn++) {
      const x = outColumn * columnStride - left;
      const x0 = max(x, 0);
      const x1 = min(x + windowWidth, width);
      for (let channel = 0; channel < whole; channel += 4, maxima += 16, slopes += 16) {
        const best = v128.load(maxima);
        const above = gate ? f32x4.gt(best, threshold) : i32x4.splat(-1);
        const slope = v128.and(v128.load(slopes), above);
        let free = i32x4.splat(-1);
        for (let row = y0; row < y1; row++) {
          let place: usize = ((row * width + x0) * channels + channel) << 2;
          for (let column = x0; column < x1; column++, place += channels << 2) {
            const here = v128.and(f32x4.eq(v128.load(image + place), best), free);
            free = v128.andnot(free, here);
            const share = v128.and(slope, here);
            v128.store(out + place, tiled ? share : f32x4.add(v128.load(out + place), share));
          }
        }
      }
      for (let channel = whole; channel < channels; channel++, maxima += 4, slopes += 4) {
        const best = load<f32>(maxima);
        let slope: f32 = gate && !(best > 0) ? 0 : load<f32>(slopes);
        for (let row = y0; row < y1; row++) {
          for (let column = x0; column < x1; column++) {
            const place: usize = ((row * width + column) * channels + channel) << 2;
            const here = load<f32>(image + place) === best;
            const before: f32 = tiled ? 0 : load<f32>(out + place);
            store<f32>(out + place, here ? before + slope : before);
            if (here) slope = 0;
          }
        }
      }
    }
  }
}
