//! A schema as the collector runs it.

use serde_json::Value;

use super::foreign::Foreign;
use super::kinds::Kinds;
use super::number::Number;
use super::places::Places;

/// A compiled schema: nodes that refer to each other by their places in one list.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// How many members are searched one by one: most names differ in their lengths already.
const FEW: usize = 16;

/// A place in the list of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// What is demanded of one value.
#[derive(Debug)]
pub(super) enum Node {
    /// Nothing.
    Anything,
    /// What cannot be.
    Never,
    /// The same as of another.
    Same(NodeId),
    /// The same as of another, or null.
    OrNull(NodeId),
    /// Rules that are checked one by one, while the value is read.
    Rules(Box<Rules>),
    /// Rules that are checked at once, when the value has been read.
    Foreign(Box<Foreign>),
}

#[derive(Debug)]
pub(super) struct Rules {
    pub(super) kinds: Kinds,
    /// Scalars.
    pub(super) one_of: Option<Vec<Value>>,
    pub(super) text: TextRules,
    pub(super) number: NumberRules,
    pub(super) array: ArrayRules,
    pub(super) object: ObjectRules,
}

/// Lengths are counted in characters (code points).
#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) pattern: Option<Foreign>,
    pub(super) format: Option<(String, Foreign)>,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) min: Option<Number>,
    pub(super) max: Option<Number>,
    pub(super) over: Option<Number>,
    pub(super) under: Option<Number>,
    pub(super) multiple_of: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) first: Vec<NodeId>,
    pub(super) rest: Option<NodeId>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    pub(super) unique: bool,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    /// In the order of their names.
    pub(super) members: Vec<Member>,
    /// The places of those that must be there.
    pub(super) required: Places,
    /// What is demanded of all other members; if nothing is said, there may be none.
    pub(super) others: Option<NodeId>,
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Box<str>,
    pub(super) node: NodeId,
}

impl Program {
    /// What a node comes to once references are followed, and whether null will do as well.
    pub(super) fn resolve(&self, mut id: NodeId) -> (&Node, bool) {
        let mut or_null = false;
        // Each step follows a reference; going around in circles demands what cannot be.
        for _ in 0..=self.nodes.len() {
            match self.nodes.get(id.0) {
                Some(Node::Same(next)) => id = *next,
                Some(Node::OrNull(next)) => (id, or_null) = (*next, true),
                Some(node) => return (node, or_null),
                None => break,
            }
        }
        (&Node::Never, false)
    }
}

impl ArrayRules {
    /// What is demanded of the item at `index`.
    #[inline]
    pub(super) fn at(&self, index: usize) -> Option<NodeId> {
        self.first.get(index).copied().or(self.rest)
    }
}

impl ObjectRules {
    /// The place of the member `name`, and what is demanded of it.
    #[inline]
    pub(super) fn find(&self, name: &str) -> Option<(usize, NodeId)> {
        let place = if self.members.len() <= FEW {
            let is_it = |member: &Member| member.name.as_ref() == name;
            self.members.iter().position(is_it)
        } else {
            let order = |member: &Member| member.name.as_ref().cmp(name);
            self.members.binary_search_by(order).ok()
        }?;
        let member = self.members.get(place)?;
        Some((place, member.node))
    }
}
