//! What waits for Redis is sent together.
//!
//! The line to the server clocks itself: who comes while nothing is under way is sent at once, and
//! who comes meanwhile waits for the answer and is then sent with all others who did. So nobody
//! waits for company, and the more there is to do, the more is done in one call. Once enough wait
//! for a call of their own, a second one is sent, so that the server does not wait for this process
//! to read what it has answered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{Script, ScriptInvocation};
use smallvec::{SmallVec, smallvec};
use tokio::sync::oneshot;

use super::asked::{Asked, Group};
use super::bucket_scripts::{TAKE_BUCKET, TAKE_BUCKETS, is_bucket, take_bucket, take_buckets};
use super::fault::Fault;
use super::quota_script::TAKE;
use super::store::{RedisConnection, RedisStore};
use crate::clock::Clock;

/// How many calls are under way at once.
const CALLS: usize = 2;
/// So many wait before another call is sent while one is under way.
const COMPANY: usize = 16;

/// The words that answer one group.
type Reply = Result<SmallVec<[i64; 3]>, Fault>;

/// A line to the server; clones are the same line.
#[derive(Clone)]
pub(super) struct Line<C> {
    pub(super) store: RedisStore<C>,
    pub(super) clock: Option<Arc<dyn Clock>>,
    /// How many charges a call may be about.
    pub(super) most: usize,
    /// Of what is one charge to a bucket, for which there is a script that is quicker.
    buckets: Arc<Mutex<Queue>>,
    others: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Tasks that send what waits, and how many of them have sent something and wait for the answer.
    senders: usize,
    under_way: usize,
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
            buckets: Arc::default(),
            others: Arc::default(),
        }
    }

    /// What the server answers to `group` by itself.
    pub(super) async fn ask_alone(&self, group: &[Asked]) -> Reply {
        if let [asked] = group
            && let Some(price) = asked.terms.price()
        {
            let call = take_bucket(asked, price, self.store.prefix(), self.moment());
            let debt = self.store.call(&TAKE_BUCKET, &call).await?;
            return Ok(smallvec![debt]);
        }
        let reply = self.store.attempt(&self.told(&TAKE, [group])).await;
        reply.map(SmallVec::from_vec)
    }

    /// What the server answers to `group`, sent together with others that wait. Who no longer
    /// listens when it is sent is left out; if it was sent, its units are taken.
    pub(super) async fn ask(&self, group: &Group) -> Reply {
        if self.most <= 1 {
            return self.ask_alone(group).await;
        }
        let queue = if is_bucket(group) {
            &self.buckets
        } else {
            &self.others
        };
        let (answer, reply) = oneshot::channel();
        let group = group.clone();
        self.enqueue(queue, Waiting { group, answer });
        let deadline = self.store.deadline();
        match tokio::time::timeout(deadline, reply).await {
            Ok(reply) => reply.unwrap_or(Err(Fault::Abandoned)),
            Err(_) => Err(Fault::Late(deadline)),
        }
    }

    fn enqueue(&self, queue: &Arc<Mutex<Queue>>, waiting: Waiting) {
        let mut locked = lock(queue);
        locked.waiting.push_back(waiting);
        self.start_sender(queue, locked);
    }

    /// Has what waits be sent, if it is time. By a task of its own, since any caller may go away
    /// while others wait for the answer.
    fn start_sender(&self, queue: &Arc<Mutex<Queue>>, mut locked: MutexGuard<'_, Queue>) {
        let is_time = locked.senders == 0 || locked.waiting.len() >= COMPANY;
        if !is_time || locked.senders >= CALLS {
            return;
        }
        locked.senders += 1;
        drop(locked);
        let sender = Sender {
            line: self.clone(),
            queue: Arc::clone(queue),
            is_done: false,
        };
        tokio::spawn(sender.send_all());
    }

    /// The moment by the clock that decides instead of the server's, in microseconds.
    pub(super) fn moment(&self) -> Option<u64> {
        self.clock.as_ref().map(|clock| clock.ticks() / 1_000)
    }

    /// `script`, told the moment and of these groups.
    pub(super) fn told<'s, 'g>(
        &self,
        script: &'s Script,
        groups: impl IntoIterator<Item = &'g [Asked]>,
    ) -> ScriptInvocation<'s> {
        let mut script = script.prepare_invoke();
        match self.moment() {
            Some(moment) => script.arg(moment),
            None => script.arg(""),
        };
        for group in groups {
            script.arg(group.len());
            for asked in group {
                script.key(&*asked.name.after(self.store.prefix()));
                asked.terms.tell(&mut script);
            }
        }
        script
    }

    async fn send(&self, batch: &[Waiting]) -> Result<Vec<i64>, Fault> {
        let mut groups = batch.iter().map(|waiting| &*waiting.group);
        match batch {
            [waiting] => self.ask_alone(&waiting.group).await.map(SmallVec::into_vec),
            // A queue holds either buckets or others.
            [first, ..] if is_bucket(&first.group) => {
                let asked: SmallVec<[&Asked; 128]> = groups.flatten().collect();
                let call = take_buckets(&asked, self.store.prefix(), self.moment());
                self.store.call(&TAKE_BUCKETS, &call).await
            }
            _ => self.store.attempt(&self.told(&TAKE, &mut groups)).await,
        }
    }
}

/// Sends what waits until nothing does. However it ends, the next caller starts another, and who
/// still waits learns that there is no answer.
struct Sender<C> {
    line: Line<C>,
    queue: Arc<Mutex<Queue>>,
    is_done: bool,
}

impl<C> Drop for Sender<C> {
    fn drop(&mut self) {
        if !self.is_done {
            *lock(&self.queue) = Queue::default();
        }
    }
}

impl<C: RedisConnection> Sender<C> {
    async fn send_all(mut self) {
        while let Some(batch) = self.next() {
            let reply = self.line.send(&batch).await;
            {
                let mut queue = lock(&self.queue);
                queue.under_way = queue.under_way.saturating_sub(1);
            }
            match reply {
                Ok(reply) => {
                    // The last word, which is the moment, is for all.
                    let words = |waiting: &Waiting| words(&waiting.group);
                    let moment = reply.get(batch.iter().map(words).sum::<usize>()).copied();
                    let mut reply = reply.into_iter();
                    for waiting in batch {
                        let own = reply.by_ref().take(words(&waiting)).chain(moment);
                        let _ = waiting.answer.send(Ok(own.collect()));
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

    /// What is sent next; if there is nothing, this sender is none any more. If nothing is under
    /// way, half is left for a second call.
    fn next(&self) -> Option<Vec<Waiting>> {
        let mut queue = lock(&self.queue);
        let calls = CALLS.saturating_sub(queue.under_way).max(1);
        let fair = queue.waiting.len().div_ceil(calls).max(COMPANY);
        let most = self.line.most.min(fair);
        let (mut batch, mut charges) = (Vec::with_capacity(most.min(queue.waiting.len())), 0);
        while let Some(waiting) = queue.waiting.pop_front() {
            if waiting.answer.is_closed() {
                continue;
            }
            charges += waiting.group.len();
            if charges > most && !batch.is_empty() {
                queue.waiting.push_front(waiting);
                break;
            }
            batch.push(waiting);
        }
        if batch.is_empty() {
            queue.senders = queue.senders.saturating_sub(1);
            return None;
        }
        queue.under_way += 1;
        self.line.start_sender(&self.queue, queue);
        Some(batch)
    }
}

/// Of how many words the answer to a group is.
fn words(group: &[Asked]) -> usize {
    group.iter().map(|asked| asked.terms.words()).sum()
}

/// A panic cannot leave it in disorder: there is none while it is held.
fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
