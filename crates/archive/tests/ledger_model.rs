//! The ledger against a model of it that has no database: any sequence of calls by two workers, with crashes, leases
//! that run out and a program that keeps dying, gives the same answers and the same states.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{Claim, Error, MAX_ATTEMPTS, Priority, Retry, Stage, State, Subject};
use proptest::prelude::*;
use std::time::Duration;
use support::*;

const STAGE: Stage = Stage::named("tested");
const SUBJECTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Require {
        subject: usize,
        input: u8,
    },
    Ask {
        subject: usize,
    },
    Claim {
        worker: usize,
    },
    Heartbeat {
        worker: usize,
    },
    Finish {
        worker: usize,
    },
    Fail {
        worker: usize,
        again: bool,
    },
    Release {
        worker: usize,
    },
    /// The worker is gone and remembers nothing.
    Crash {
        worker: usize,
    },
    /// Time passes until every lease has run out.
    Expire,
    /// Another version of the tool is installed.
    NewTool,
}

fn step() -> impl Strategy<Value = Step> {
    let worker = || 0..2usize;
    let subject = || 0..SUBJECTS;
    prop_oneof![
        2 => (subject(), 0..2u8).prop_map(|(subject, input)| Step::Require { subject, input }),
        1 => subject().prop_map(|subject| Step::Ask { subject }),
        6 => worker().prop_map(|worker| Step::Claim { worker }),
        1 => worker().prop_map(|worker| Step::Heartbeat { worker }),
        2 => worker().prop_map(|worker| Step::Finish { worker }),
        3 => (worker(), any::<bool>()).prop_map(|(worker, again)| Step::Fail { worker, again }),
        1 => worker().prop_map(|worker| Step::Release { worker }),
        3 => worker().prop_map(|worker| Step::Crash { worker }),
        3 => Just(Step::Expire),
        1 => Just(Step::NewTool),
    ]
}

#[derive(Clone, Debug)]
struct ModelCell {
    state: State,
    input: u8,
    tool: u8,
    attempt: u32,
    asked: bool,
    expired: bool,
    /// Numbers every holding of the cell: what a fencing token stands for.
    holding: u32,
}

#[derive(Default)]
struct Model {
    cells: [Option<ModelCell>; SUBJECTS],
    tool: u8,
}

/// What a worker believes to hold: the subject and which holding of it.
type Held = (usize, u32);

impl Model {
    fn require(&mut self, subject: usize, input: u8) {
        match &mut self.cells[subject] {
            Some(cell) if cell.input == input => {}
            Some(cell) => {
                cell.holding += 1;
                (cell.state, cell.input, cell.attempt) = (State::Waiting, input, 0);
            }
            empty => {
                let (state, tool) = (State::Waiting, 0);
                *empty = Some(ModelCell {
                    state,
                    input,
                    tool,
                    attempt: 0,
                    asked: false,
                    expired: false,
                    holding: 0,
                });
            }
        }
    }

    fn ask(&mut self, subject: usize) -> bool {
        let Some(cell) = &mut self.cells[subject] else { return false };
        cell.asked = true;
        if cell.state != State::Leased {
            (cell.state, cell.attempt) = (State::Waiting, 0);
        }
        true
    }

    fn claim(&mut self) -> Option<Held> {
        for cell in self.cells.iter_mut().flatten() {
            if cell.state == State::Leased && cell.expired && cell.attempt >= MAX_ATTEMPTS {
                cell.state = State::Quarantined;
            }
        }
        let due =
            |cell: &ModelCell| cell.state == State::Waiting || cell.state == State::Leased && cell.expired;
        let order = |asked: bool| {
            (0..SUBJECTS)
                .find(|n| self.cells[*n].as_ref().is_some_and(|cell| due(cell) && cell.asked == asked))
        };
        let subject = order(true).or_else(|| order(false))?;
        let cell = self.cells[subject].as_mut()?;
        cell.state = State::Leased;
        cell.expired = false;
        cell.attempt += 1;
        cell.holding += 1;
        Some((subject, cell.holding))
    }

    fn held(&mut self, (subject, holding): Held) -> Option<&mut ModelCell> {
        self.cells[subject].as_mut().filter(|cell| cell.state == State::Leased && cell.holding == holding)
    }
}

/// The same success or loss of the lease on both sides.
fn same<T>(real: archive::Result<T>, expected: bool) -> Result<(), TestCaseError> {
    match real {
        Ok(_) => prop_assert!(expected, "accepted from a worker that had lost it"),
        Err(Error::LeaseLost { .. }) => prop_assert!(!expected, "refused from the worker that has it"),
        Err(other) => prop_assert!(false, "{other}"),
    }
    Ok(())
}

fn run(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let place = Place::new();
    let database = place.database();
    let archive = &place.archive;
    let subjects: Vec<Subject> = (0..SUBJECTS)
        .map(|n| place.add(&n.to_string(), &[n as u8 + 1], &archive::Stated::default()).into())
        .collect();
    let mut model = Model::default();
    let mut hands: [Option<(Claim, Held)>; 2] = [None, None];
    for step in steps {
        match step {
            Step::Require { subject, input } => {
                let name = format!("input {input}");
                archive.require(subjects[subject], &STAGE, &name, Priority::BackCatalogue).unwrap();
                model.require(subject, input);
            }
            Step::Ask { subject } => {
                prop_assert_eq!(archive.ask(subjects[subject], &STAGE).unwrap(), model.ask(subject));
            }
            Step::Claim { worker } => {
                let real = archive.claim(&[STAGE], &format!("worker {worker}"), LEASE).unwrap();
                let expected = model.claim();
                prop_assert_eq!(
                    real.as_ref().map(|claim| claim.subject),
                    expected.map(|(subject, _)| subjects[subject])
                );
                if let (Some(claim), Some(held)) = (real, expected) {
                    let attempt = model.cells[held.0].as_ref().unwrap().attempt;
                    prop_assert_eq!(claim.attempt, attempt);
                    hands[worker] = Some((claim, held));
                }
            }
            Step::Heartbeat { worker } => {
                if let Some((claim, held)) = &hands[worker] {
                    let cell = model.held(*held);
                    same(archive.heartbeat(claim, LEASE), cell.is_some())?;
                    if let Some(cell) = cell {
                        cell.expired = false;
                    }
                }
            }
            Step::Finish { worker } => {
                if let Some((claim, held)) = hands[worker].take() {
                    let tool = model.tool;
                    let cell = model.held(held);
                    same(archive.finish(&claim, &format!("tool {tool}")), cell.is_some())?;
                    if let Some(cell) = cell {
                        (cell.state, cell.asked, cell.tool) = (State::Done, false, tool);
                    }
                }
            }
            Step::Fail { worker, again } => {
                if let Some((claim, held)) = hands[worker].take() {
                    let cell = model.held(held);
                    let retry = if again { Retry::After(Duration::ZERO) } else { Retry::Never };
                    same(archive.fail(&claim, "it broke", retry), cell.is_some())?;
                    if let Some(cell) = cell {
                        cell.state = match again {
                            false => State::Failed,
                            true if cell.attempt >= MAX_ATTEMPTS => State::Quarantined,
                            true => State::Waiting,
                        };
                    }
                }
            }
            Step::Release { worker } => {
                if let Some((claim, held)) = hands[worker].take() {
                    let cell = model.held(held);
                    same(archive.release(&claim), cell.is_some())?;
                    if let Some(cell) = cell {
                        cell.state = State::Waiting;
                        cell.attempt -= 1;
                    }
                }
            }
            Step::Crash { worker } => hands[worker] = None,
            Step::Expire => {
                database.execute("UPDATE cells SET lease_until = 1 WHERE state = 'leased'", []).unwrap();
                model.cells.iter_mut().flatten().for_each(|cell| cell.expired = true);
            }
            Step::NewTool => {
                model.tool += 1;
                archive.mark_stale(&STAGE, &format!("tool {}", model.tool)).unwrap();
                for cell in model.cells.iter_mut().flatten() {
                    if cell.state == State::Done {
                        cell.state = State::Stale;
                    }
                }
            }
        }
        for (subject, expected) in subjects.iter().zip(&model.cells) {
            let cells = archive.cells(*subject).unwrap();
            let real = cells.into_iter().find(|cell| cell.stage == STAGE);
            let real = real.map(|cell| (cell.state, cell.attempt));
            prop_assert_eq!(real, expected.as_ref().map(|cell| (cell.state, cell.attempt)));
        }
    }
    let findings = archive.check(&archive::CheckOptions::default()).unwrap();
    prop_assert!(findings.is_empty(), "{:#?}", findings);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_does_what_its_model_does(steps in prop::collection::vec(step(), 1..60)) {
        run(steps)?;
    }
}
