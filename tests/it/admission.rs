//! The picture of how each kind of quota admits over time, drawn from what the engine in memory
//! decides, and the numbers that the page beside it tells.
//!
//! `DRAW=1 cargo test --all-features --test it admission` draws it anew.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use portcullis::rate_limit::{Key, Quota};
use portcullis::store::memory::MemoryQuotas;
use portcullis::store::{Answer, Charge, Policy, Quotas};

const UNITS: u32 = 100;
/// In tenths of a second.
const WINDOW: usize = 600;
const SPAN: usize = 3 * WINDOW;

fn kinds() -> Vec<(&'static str, Quota)> {
    vec![
        ("`Quota::per_minute(100)`", Quota::per_minute(UNITS)),
        (
            "`Quota::per_minute(100).with_burst(10)`",
            Quota::per_minute(UNITS).with_burst(10),
        ),
        (
            "`Quota::sliding_window(100, 1 min)`",
            Quota::sliding_window(UNITS, Duration::from_mins(1)),
        ),
        (
            "`Quota::sliding_counter(100, 1 min)`",
            Quota::sliding_counter(UNITS, Duration::from_mins(1)),
        ),
        (
            "`Quota::fixed_window(100, 1 min)`",
            Quota::fixed_window(UNITS, Duration::from_mins(1)),
        ),
    ]
}

/// How many are admitted in each tenth of a second of a caller who asks `asked` times in it.
fn admitted(quota: Quota, asked: impl Fn(usize) -> u32) -> Vec<u32> {
    let (store, policy) = (MemoryQuotas::new(), Policy::new("p").unwrap());
    let (key, limit) = (Key::from(1), quota.checked().unwrap());
    let admits = |tenth: usize| {
        let charge = Charge {
            policy: &policy,
            key: &key,
            limit: &limit,
            cost: 1,
            now: (tenth as u64 * 100_000_000).into(),
        };
        match store.take(charge) {
            Answer::Ready(Some(Ok(decision))) => decision.admitted,
            other => panic!("{other:?}"),
        }
    };
    (0..SPAN)
        .map(|tenth| (0..asked(tenth)).map(|_| u32::from(admits(tenth))).sum())
        .collect()
}

/// Asks once, so that windows begin, waits until just before the minute is over, and then takes all
/// that there is.
fn adversary(tenth: usize) -> u32 {
    match tenth {
        0 => 1,
        1..590 => 0,
        _ => 150,
    }
}

/// Asks twice a second, a fifth more than the quota.
fn steady(tenth: usize) -> u32 {
    u32::from(tenth.is_multiple_of(5))
}

fn most_in_any_window(admitted: &[u32]) -> u32 {
    let windows = admitted.windows(WINDOW).map(|window| window.iter().sum());
    windows.max().unwrap()
}

/// Points of what has been admitted in all, at each second at which that changes its pace.
fn line(admitted: &[u32], left: usize, floor: usize) -> String {
    let mut sum = 0;
    let mut points = format!("{left},{floor}");
    for (second, tenths) in admitted.chunks(10).enumerate() {
        sum += tenths.iter().sum::<u32>() as usize;
        let _ = write!(points, " {},{}", left + second + 1, floor - (sum * 2) / 5);
    }
    points
}

fn picture() -> String {
    const COLUMNS: usize = 3;
    let kinds = kinds();
    let width = COLUMNS * 230 + 10;
    let height = kinds.len().div_ceil(COLUMNS) * 210;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {full}\" width=\"{width}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"currentColor\">\n\
         <title>Admitted in all, over three minutes, of a quota of 100 a minute</title>\n",
        full = height + 40,
    );
    for (place, (name, quota)) in kinds.into_iter().enumerate() {
        let (left, top) = (40 + place % COLUMNS * 230, place / COLUMNS * 210);
        let floor = top + 180;
        let worst = admitted(quota, adversary);
        let calm = admitted(quota, steady);
        let name = name.trim_matches('`').trim_start_matches("Quota::");
        let _ = write!(
            svg,
            "<text x=\"{left}\" y=\"{title}\" font-size=\"10\">{name}</text>\n\
             <path d=\"M{left} {start}V{floor}H{right}\" fill=\"none\" stroke=\"currentColor\"/>\n\
             <path d=\"M{left} {floor}l180 -120\" stroke=\"currentColor\" stroke-dasharray=\"2 4\"/>\n\
             <polyline points=\"{calm}\" fill=\"none\" stroke=\"#2980b9\" stroke-width=\"2\"/>\n\
             <polyline points=\"{worst}\" fill=\"none\" stroke=\"#c0392b\" stroke-width=\"2\"/>\n\
             <text x=\"{left}\" y=\"{below}\">0</text>\n\
             <text x=\"{end}\" y=\"{below}\">3 min</text>\n\
             <text x=\"{number}\" y=\"{high}\" text-anchor=\"end\">300</text>\n\
             <text x=\"{left}\" y=\"{told}\">most in any minute: {most}</text>\n",
            title = top + 20,
            start = top + 30,
            high = top + 64,
            below = top + 195,
            told = top + 212,
            right = left + 180,
            end = left + 152,
            number = left - 4,
            calm = line(&calm, left, floor),
            most = most_in_any_window(&worst),
            worst = line(&worst, left, floor),
        );
    }
    let _ = write!(
        svg,
        "<text x=\"40\" y=\"{below}\" fill=\"#c0392b\">asks once, waits 59 s, then asks as fast as it \
         can</text>\n\
         <text x=\"320\" y=\"{below}\" fill=\"#2980b9\">asks twice a second</text>\n\
         <text x=\"470\" y=\"{below}\">dotted: 100 a minute</text>\n</svg>\n",
        below = height + 26,
    );
    svg
}

#[test]
fn the_picture_of_how_each_kind_admits_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rate_limit/admission.svg");
    if std::env::var_os("DRAW").is_some() {
        std::fs::write(&file, picture()).unwrap();
    }
    let drawn = std::fs::read_to_string(file).unwrap();
    assert!(drawn == picture(), "draw it anew with DRAW=1");
    assert!(
        !drawn.contains("\n\n"),
        "a blank line would end it in Markdown"
    );
}

#[test]
fn the_page_tells_the_numbers_that_are_measured() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rate_limit/choosing.md");
    let page = std::fs::read_to_string(file).unwrap();
    let rows = kinds().into_iter().map(|(name, quota)| {
        let most = most_in_any_window(&admitted(quota, adversary));
        let calm: u32 = admitted(quota, steady).iter().sum();
        format!("| {name} | {most} | {calm} of 360 |\n")
    });
    let rows: String = rows.collect();
    assert!(page.contains(&rows), "the page lacks\n{rows}");
}
