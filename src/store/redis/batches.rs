//! What waits for Redis is sent together.
//!
//! The line to the server clocks itself: who comes while nothing is under way is sent at once, and
//! who comes meanwhile waits for the answer and is then sent with all others who did. So nobody
//! waits for company, and the more there is to do, the more is done in one call.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{Script, ScriptInvocation};
use tokio::sync::oneshot;

use super::fault::Fault;
use super::quota_script::{TAKE, Terms};
use super::store::{RedisConnection, RedisStore};
use crate::clock::Clock;

/// A charge as the server is told of it.
pub(super) struct Asked {
    pub(super) name: String,
    pub(super) terms: Terms,
}

/// What is taken together or not at all.
pub(super) type Group = Arc<[Asked]>;

/// The words that answer one group.
type Reply = Result<Vec<i64>, Fault>;

/// A line to the server; clones are the same line.
#[derive(Clone)]
pub(super) struct Line<C> {
    pub(super) store: RedisStore<C>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    /// How many charges a call may be about.
    pub(super) most: usize,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    is_under_way: bool,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    group: Group,
    answer: oneshot::Sender<Reply>,
}

impl<C: RedisConnection> Line<C> {
    pub(super) fn new(store: RedisStore<C>, most: usize) -> Self {
        Self {
            store,
            clock: None,
            most,
            queue: Arc::default(),
        }
    }

    /// What the server answers to `group` by itself.
    pub(super) async fn ask_alone(&self, group: &[Asked]) -> Reply {
        self.store.attempt(&self.told(&TAKE, [group])).await
    }

    /// What the server answers to `group`, sent together with others that wait. Who no longer
    /// listens when it is sent is left out; if it was sent, its units are taken.
    pub(super) async fn ask(&self, group: &Group) -> Reply {
        if self.most <= 1 {
            return self.ask_alone(group).await;
        }
        let (answer, reply) = oneshot::channel();
        let waiting = Waiting {
            group: Arc::clone(group),
            answer,
        };
        let leads = {
            let mut queue = locked(&self.queue);
            queue.waiting.push_back(waiting);
            !mem::replace(&mut queue.is_under_way, true)
        };
        if leads {
            // A task of its own, since any caller may go away while others wait for the answer.
            let sender = Sender {
                line: self.clone(),
                is_done: false,
            };
            tokio::spawn(sender.send_all());
        }
        let deadline = self.store.deadline();
        match tokio::time::timeout(deadline, reply).await {
            Ok(reply) => reply.unwrap_or(Err(Fault::Abandoned)),
            Err(_) => Err(Fault::Late(deadline)),
        }
    }

    /// `script`, told the moment and of these groups.
    pub(super) fn told<'s, 'g>(
        &self,
        script: &'s Script,
        groups: impl IntoIterator<Item = &'g [Asked]>,
    ) -> ScriptInvocation<'s> {
        let mut script = script.prepare_invoke();
        match &self.clock {
            Some(clock) => script.arg(clock.ticks() / 1_000),
            None => script.arg(""),
        };
        for group in groups {
            script.arg(group.len());
            for asked in group {
                script.key(&asked.name);
                asked.terms.tell(&mut script);
            }
        }
        script
    }
}

/// Sends what waits until nothing does. However it ends, the next caller starts another, and who
/// still waits learns that there is no answer.
struct Sender<C> {
    line: Line<C>,
    is_done: bool,
}

impl<C> Drop for Sender<C> {
    fn drop(&mut self) {
        if !self.is_done {
            *locked(&self.line.queue) = Queue::default();
        }
    }
}

impl<C: RedisConnection> Sender<C> {
    async fn send_all(mut self) {
        while let Some(batch) = self.next() {
            let groups = batch.iter().map(|waiting| &*waiting.group);
            let script = self.line.told(&TAKE, groups);
            match self.line.store.attempt::<Vec<i64>>(&script).await {
                Ok(reply) => {
                    let mut reply = reply.into_iter();
                    for Waiting { group, answer } in batch {
                        let words = group.iter().map(|asked| asked.terms.words()).sum();
                        let _ = answer.send(Ok(reply.by_ref().take(words).collect()));
                    }
                }
                Err(fault) => {
                    for Waiting { answer, .. } in batch {
                        let _ = answer.send(Err(fault.clone()));
                    }
                }
            }
        }
        // Somebody else may lead already.
        self.is_done = true;
    }

    /// What is sent next; if there is nothing, nothing is under way any more.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = locked(&self.line.queue);
        let (mut batch, mut charges) = (Vec::new(), 0);
        while let Some(waiting) = queue.waiting.pop_front() {
            if waiting.answer.is_closed() {
                continue;
            }
            charges += waiting.group.len();
            if charges > self.line.most && !batch.is_empty() {
                queue.waiting.push_front(waiting);
                break;
            }
            batch.push(waiting);
        }
        queue.is_under_way = !batch.is_empty();
        queue.is_under_way.then_some(batch)
    }
}

/// A panic cannot leave it in disorder: there is none while it is held.
fn locked(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
