//! Teaches the net that hears a sentence's gist: word vectors, one convolution, maximum and mean
//! over the sentence, one output a kind. Plain Adam (Kingma and Ba 2015) with dropout; the same
//! rows give the same net, on however many cores.

/// Numbers of a word's vector.
pub const DIM: usize = 64;
/// Words that a filter sees at a time.
pub const WIDTH: usize = 5;
pub const FILTERS: usize = 128;
pub const KINDS: usize = 28;
/// Sentences a step.
const BATCH: usize = 64;
/// Parts of a batch, each with chance of its own, added up in their order: the number of cores
/// makes no difference.
const PARTS: usize = 8;
/// Step of Adam at its highest: it rises over the first tenth of the way and then falls to nothing.
const RATE: f32 = 2e-3;
/// What the mean over the sentence counts beside the maximum; the engine's own number.
const MEAN: f32 = 3.0;
/// Share of the inputs and of the pooled numbers that are left out at a time.
const DROP: f32 = 0.25;

/// A sentence: its words by their place in the file, with what the old revision made of each; and
/// how likely it tells each kind.
pub struct Row {
    pub symbols: Vec<(u32, Option<u32>)>,
    pub kinds: [f32; KINDS],
    pub weight: f32,
}

/// Chance that comes out the same every time (xorshift, Marsaglia 2003).
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Evenly from 0 to 1.
    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// About normal: twelve even ones added up.
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    /// What a number is multiplied by: nought, or what makes up for those left out.
    fn mask(&mut self) -> f32 {
        if self.unit() < DROP {
            0.0
        } else {
            1.0 / (1.0 - DROP)
        }
    }
}

/// The weights, or their slopes.
pub struct Net {
    /// `words x DIM`.
    pub vectors: Vec<f32>,
    /// `WIDTH x DIM x FILTERS`.
    pub kernel: Vec<f32>,
    pub bias: Vec<f32>,
    /// `2 FILTERS x KINDS`: of the maxima, then of the means.
    pub out: Vec<f32>,
    pub out_bias: Vec<f32>,
}

/// Slopes of one part of a batch; those of the vectors by word.
struct Slopes {
    net: Net,
    words: Vec<(u32, [f32; DIM])>,
    loss: f64,
}

/// What the way back needs of the way forth.
#[derive(Default)]
struct Kept {
    input: Vec<f32>,
    mask: Vec<f32>,
    sums: Vec<f32>,
    pooled: Vec<f32>,
    pool_mask: Vec<f32>,
    /// Where each filter was highest.
    highest: Vec<usize>,
}

fn add(scale: f32, x: &[f32], to: &mut [f32]) {
    for (to, x) in to.iter_mut().zip(x) {
        *to += scale * x;
    }
}

/// Inner product in eight lanes, which compilers make fast.
fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (a, b) in x.chunks_exact(8).zip(y.chunks_exact(8)) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

/// Where a filter's weights for one number of one place of the window start.
fn weights_at(place: usize, number: usize) -> std::ops::Range<usize> {
    let at = (place * DIM + number) * FILTERS;
    at..at + FILTERS
}

/// The word that stands at a place of the window around another.
fn neighbour(at: usize, place: usize, count: usize) -> Option<usize> {
    (at + place).checked_sub(WIDTH / 2).filter(|j| *j < count)
}

impl Net {
    /// A net that knows nothing but where the words start out.
    pub fn new(vectors: Vec<f32>) -> Net {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let scale = (2.0 / (WIDTH * DIM) as f32).sqrt();
        let mut normal = |count: usize, scale: f32| -> Vec<f32> {
            (0..count).map(|_| chance.normal() * scale).collect()
        };
        Net {
            vectors,
            kernel: normal(WIDTH * DIM * FILTERS, scale),
            bias: vec![0.0; FILTERS],
            out: normal(2 * FILTERS * KINDS, 0.05),
            out_bias: vec![-3.0; KINDS],
        }
    }

    fn no_slopes() -> Slopes {
        Slopes {
            net: Net {
                vectors: Vec::new(),
                kernel: vec![0.0; WIDTH * DIM * FILTERS],
                bias: vec![0.0; FILTERS],
                out: vec![0.0; 2 * FILTERS * KINDS],
                out_bias: vec![0.0; KINDS],
            },
            words: Vec::new(),
            loss: 0.0,
        }
    }

    /// Log odds of the kinds, some inputs left out.
    fn forth(
        &self,
        symbols: &[(u32, Option<u32>)],
        chance: &mut Chance,
        kept: &mut Kept,
    ) -> [f32; KINDS] {
        let count = symbols.len();
        kept.input.clear();
        kept.mask.clear();
        for (word, mark) in symbols {
            let mut sum = [0.0_f32; DIM];
            for row in std::iter::once(word).chain(mark) {
                let at = *row as usize * DIM;
                add(1.0, &self.vectors[at..at + DIM], &mut sum);
            }
            for x in sum {
                let mask = chance.mask();
                kept.mask.push(mask);
                kept.input.push(x * mask);
            }
        }
        kept.sums.clear();
        kept.sums.resize(count * FILTERS, 0.0);
        for (i, sums) in kept.sums.chunks_exact_mut(FILTERS).enumerate() {
            sums.copy_from_slice(&self.bias);
            for place in 0..WIDTH {
                let Some(j) = neighbour(i, place, count) else {
                    continue;
                };
                for number in 0..DIM {
                    let x = kept.input[j * DIM + number];
                    if x != 0.0 {
                        add(x, &self.kernel[weights_at(place, number)], sums);
                    }
                }
            }
        }
        kept.pooled.clear();
        kept.pooled.resize(2 * FILTERS, 0.0);
        kept.highest.clear();
        kept.highest.resize(FILTERS, usize::MAX);
        for (i, sums) in kept.sums.chunks_exact(FILTERS).enumerate() {
            for (f, sum) in sums.iter().enumerate().filter(|(_, sum)| **sum > 0.0) {
                kept.pooled[FILTERS + f] += sum * MEAN / count as f32;
                if *sum > kept.pooled[f] {
                    kept.pooled[f] = *sum;
                    kept.highest[f] = i;
                }
            }
        }
        kept.pool_mask.clear();
        let mut odds = [0.0; KINDS];
        odds.copy_from_slice(&self.out_bias);
        for (x, weights) in kept.pooled.iter_mut().zip(self.out.chunks_exact(KINDS)) {
            let mask = chance.mask();
            kept.pool_mask.push(mask);
            *x *= mask;
            add(*x, weights, &mut odds);
        }
        odds
    }

    /// Slopes of the loss over some rows.
    fn slopes(&self, rows: &[&Row], seed: u64) -> Slopes {
        let mut slopes = Net::no_slopes();
        let mut chance = Chance(seed | 1);
        let mut kept = Kept::default();
        for row in rows {
            let odds = self.forth(&row.symbols, &mut chance, &mut kept);
            let mut slope = [0.0_f32; KINDS];
            for ((s, odds), kind) in slope.iter_mut().zip(odds).zip(row.kinds) {
                *s = (1.0 / (1.0 + (-odds).exp()) - kind) * row.weight;
                let loss = odds.max(0.0) - odds * kind + (-odds.abs()).exp().ln_1p();
                slopes.loss += f64::from(row.weight * loss);
            }
            self.back(&row.symbols, &slope, &kept, &mut slopes);
        }
        slopes
    }

    /// Adds the slopes of one row, by those of its outputs.
    fn back(
        &self,
        symbols: &[(u32, Option<u32>)],
        slope: &[f32; KINDS],
        kept: &Kept,
        to: &mut Slopes,
    ) {
        let count = symbols.len();
        add(1.0, slope, &mut to.net.out_bias);
        let mut pooled = vec![0.0_f32; 2 * FILTERS];
        for (f, weights) in self.out.chunks_exact(KINDS).enumerate() {
            let out = &mut to.net.out[f * KINDS..(f + 1) * KINDS];
            add(kept.pooled[f], slope, out);
            let sum: f32 = weights.iter().zip(slope).map(|(w, s)| w * s).sum();
            pooled[f] = sum * kept.pool_mask[f];
        }
        let mut words = vec![[0.0_f32; DIM]; count];
        let mut sums = vec![0.0_f32; FILTERS];
        for (i, heard) in kept.sums.chunks_exact(FILTERS).enumerate() {
            for (f, (sum, heard)) in sums.iter_mut().zip(heard).enumerate() {
                let mean = pooled[FILTERS + f] * MEAN / count as f32;
                let most = if kept.highest[f] == i { pooled[f] } else { 0.0 };
                *sum = if *heard > 0.0 { mean + most } else { 0.0 };
            }
            add(1.0, &sums, &mut to.net.bias);
            for place in 0..WIDTH {
                let Some(j) = neighbour(i, place, count) else {
                    continue;
                };
                let here = j * DIM..(j + 1) * DIM;
                let heard = kept.input[here.clone()].iter().zip(&kept.mask[here]);
                for (number, (slope, (x, mask))) in words[j].iter_mut().zip(heard).enumerate() {
                    if *mask == 0.0 {
                        continue;
                    }
                    let at = weights_at(place, number);
                    add(*x, &sums, &mut to.net.kernel[at.clone()]);
                    *slope += dot(&self.kernel[at], &sums) * mask;
                }
            }
        }
        for ((word, mark), slope) in symbols.iter().zip(words) {
            let rows = std::iter::once(word).chain(mark);
            to.words.extend(rows.map(|row| (*row, slope)));
        }
    }
}

/// Running means of slopes and of their squares.
struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Adam {
    fn of(weights: &[f32]) -> Adam {
        Adam {
            mean: vec![0.0; weights.len()],
            square: vec![0.0; weights.len()],
        }
    }

    /// Moves the weights from `at` on.
    fn step(&mut self, weights: &mut [f32], at: usize, slopes: &[f32], rate: f32) {
        let means = self.mean[at..].iter_mut().zip(&mut self.square[at..]);
        for ((w, s), (mean, square)) in weights[at..].iter_mut().zip(slopes).zip(means) {
            let s = s / BATCH as f32;
            *mean = 0.9 * *mean + 0.1 * s;
            *square = 0.999 * *square + 0.001 * s * s;
            *w -= rate * *mean / (square.sqrt() + 1e-8);
        }
    }
}

/// The slopes of a batch, worked out on every core.
fn of_batch(net: &Net, batch: &[&Row], chance: &mut Chance) -> Slopes {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let parts: Vec<(&[&Row], u64)> = batch
        .chunks(BATCH / PARTS)
        .map(|part| (part, chance.next()))
        .collect();
    let mut sum = Net::no_slopes();
    std::thread::scope(|scope| {
        let hands: Vec<_> = parts
            .chunks(parts.len().div_ceil(cores))
            .map(|parts| {
                scope.spawn(move || -> Vec<Slopes> {
                    let all = parts.iter().map(|(rows, seed)| net.slopes(rows, *seed));
                    all.collect()
                })
            })
            .collect();
        for part in hands.into_iter().flat_map(|h| h.join().unwrap_or_default()) {
            add(1.0, &part.net.kernel, &mut sum.net.kernel);
            add(1.0, &part.net.bias, &mut sum.net.bias);
            add(1.0, &part.net.out, &mut sum.net.out);
            add(1.0, &part.net.out_bias, &mut sum.net.out_bias);
            sum.words.extend(part.words);
            sum.loss += part.loss;
        }
    });
    // stable: the slopes of one word are added up in the order of the sentences
    sum.words.sort_by_key(|(word, _)| *word);
    sum
}

/// Reads the rows so many times.
pub fn train(mut net: Net, rows: &[&Row], passes: usize) -> Net {
    let steps = rows.len() / BATCH;
    let all = (steps * passes) as f32;
    let mut vectors = Adam::of(&net.vectors);
    let mut kernel = Adam::of(&net.kernel);
    let mut bias = Adam::of(&net.bias);
    let mut out = Adam::of(&net.out);
    let mut out_bias = Adam::of(&net.out_bias);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut chance = Chance(0x1234_5678_9abc_def1);
    let mut taken = 0.0_f32;
    for pass in 1..=passes {
        for i in (1..order.len()).rev() {
            order.swap(i, (chance.next() % (i as u64 + 1)) as usize);
        }
        let mut loss = 0.0;
        for batch in order.chunks_exact(BATCH) {
            taken += 1.0;
            let rise = taken / (0.1 * all);
            let fall = (all - taken) / (0.9 * all);
            // what the running means lack in the first steps
            let start = (1.0 - 0.999_f32.powf(taken)).sqrt() / (1.0 - 0.9_f32.powf(taken));
            let rate = RATE * rise.min(fall).min(1.0) * start;
            let batch: Vec<&Row> = batch.iter().map(|i| rows[*i]).collect();
            let s = of_batch(&net, &batch, &mut chance);
            loss += s.loss;
            kernel.step(&mut net.kernel, 0, &s.net.kernel, rate);
            bias.step(&mut net.bias, 0, &s.net.bias, rate);
            out.step(&mut net.out, 0, &s.net.out, rate);
            out_bias.step(&mut net.out_bias, 0, &s.net.out_bias, rate);
            for of_word in s.words.chunk_by(|a, b| a.0 == b.0) {
                let mut slope = [0.0; DIM];
                of_word.iter().for_each(|(_, s)| add(1.0, s, &mut slope));
                let at = of_word.first().map_or(0, |(word, _)| *word as usize * DIM);
                vectors.step(&mut net.vectors, at, &slope, rate);
            }
        }
        let mean = loss / (steps * BATCH).max(1) as f64;
        eprintln!("pass {pass} of {passes}: loss {mean:.3}");
    }
    net
}
