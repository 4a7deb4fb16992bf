//! A disk that loses its power: a file system in memory that then forgets what was written and not synced.
//!
//! Until it is told to sync, a disk may write what it was given in any order, and some sectors of it only. So what was synced is
//! there afterwards, and of the rest what chance decides. Names are another matter: their changes are in the directory, which is
//! synced by itself, and which file systems write in order.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite,
    Request, TimeOrNow, WriteFlags,
};
use tempfile::TempDir;

use crate::support::random::Random;

/// Bytes that a disk writes together.
const SECTOR: usize = 512;
/// The kernel is to ask each time, since after a loss of power everything is different.
const TTL: Duration = Duration::ZERO;

/// Mounted, as long as it lives.
pub struct Disk {
    content: Arc<Mutex<Content>>,
    _session: BackgroundSession,
    directory: TempDir,
}

#[derive(Default)]
struct Content {
    files: BTreeMap<INodeNo, File>,
    names: Kept<BTreeMap<OsString, INodeNo>, Naming>,
    lost: u64,
}

#[derive(Default)]
struct File {
    data: Kept<Vec<u8>, Writing>,
    mode: u32,
    owner: (u32, u32),
}

/// What is seen, what a loss of power leaves for sure, and what leads from that to this.
struct Kept<T, Change> {
    now: T,
    synced: T,
    since: Vec<Change>,
}

trait Apply<T> {
    fn apply(&self, to: &mut T);
}

/// Where a name leads from now on, if anywhere.
struct Naming(OsString, Option<INodeNo>);

enum Writing {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

impl<T: Default, C> Default for Kept<T, C> {
    fn default() -> Self {
        Self { now: T::default(), synced: T::default(), since: Vec::new() }
    }
}

impl<T: Clone, C: Apply<T>> Kept<T, C> {
    fn change(&mut self, change: C) {
        change.apply(&mut self.now);
        self.since.push(change);
    }

    fn sync(&mut self) {
        for change in self.since.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// Leaves what was synced, and what of the rest comes through. Gives how many changes do not.
    fn lose(&mut self, comes_through: impl FnMut(&C) -> bool) -> u64 {
        let all = self.since.len();
        self.since.retain(comes_through);
        let lost = all - self.since.len();
        self.sync();
        self.now = self.synced.clone();
        lost as u64
    }
}

impl Apply<BTreeMap<OsString, INodeNo>> for Naming {
    fn apply(&self, names: &mut BTreeMap<OsString, INodeNo>) {
        let Self(name, file) = self;
        match file {
            Some(file) => names.insert(name.clone(), *file),
            None => names.remove(name),
        };
    }
}

impl Apply<Vec<u8>> for Writing {
    fn apply(&self, data: &mut Vec<u8>) {
        match self {
            Self::Bytes(from, bytes) => {
                let to = from + bytes.len();
                data.resize(data.len().max(to), 0);
                data[*from..to].copy_from_slice(bytes);
            }
            Self::Length(length) => data.resize(*length, 0),
        }
    }
}

impl Disk {
    /// An empty one. Fails where file systems cannot be mounted, and says why.
    pub fn new() -> Result<Self, String> {
        let why = |error: io::Error| format!("no file system of ours can be mounted: {error}");
        let content = Arc::new(Mutex::new(Content::default()));
        let directory = tempfile::tempdir().map_err(why)?;
        let session = fuser::spawn_mount(Mounted(Arc::clone(&content)), directory.path(), &Config::default());
        Ok(Self { content, _session: session.map_err(why)?, directory })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Unsynced sectors and changes of names that did not come through, so far.
    pub fn lost(&self) -> u64 {
        lock(&self.content).lost
    }

    /// For when nobody has a file open.
    pub fn lose_power(&self, random: &mut Random) {
        let content = &mut *lock(&self.content);
        // Nothing comes through, everything, or a share.
        let share = match random.below(4) {
            0 => 0,
            1 => 1000,
            _ => random.below(1000),
        };
        let mut lost = 0;
        for file in content.files.values_mut() {
            lost += file.data.lose(|_| random.below(1000) < share);
        }
        let mut in_order = random.below(content.names.since.len() as u64 + 1);
        lost += content.names.lose(|_| {
            let comes = in_order > 0;
            in_order = in_order.saturating_sub(1);
            comes
        });
        content.lost += lost;
    }
}

/// The file system as the kernel sees it: one directory of files.
struct Mounted(Arc<Mutex<Content>>);

fn lock(content: &Mutex<Content>) -> MutexGuard<'_, Content> {
    content.lock().expect("nobody panics with it")
}

impl Content {
    fn find(&self, name: &OsStr) -> Result<INodeNo, Errno> {
        self.names.now.get(name).copied().ok_or(Errno::ENOENT)
    }

    fn file(&mut self, number: INodeNo) -> Result<&mut File, Errno> {
        self.files.get_mut(&number).ok_or(Errno::ENOENT)
    }

    fn create(&mut self, name: &OsStr, mode: u32, owner: (u32, u32)) -> INodeNo {
        let number = INodeNo(INodeNo::ROOT.0 + 1 + self.files.len() as u64);
        self.files.insert(number, File { mode, owner, ..File::default() });
        self.names.change(Naming(name.to_owned(), Some(number)));
        number
    }

    fn attributes(&self, number: INodeNo) -> Result<FileAttr, Errno> {
        let (kind, mode, (uid, gid), size) = match self.files.get(&number) {
            Some(file) => (FileType::RegularFile, file.mode, file.owner, file.data.now.len() as u64),
            None if number == INodeNo::ROOT => (FileType::Directory, 0o777, (0, 0), 0),
            None => return Err(Errno::ENOENT),
        };
        Ok(FileAttr {
            ino: number,
            size,
            blocks: size.div_ceil(SECTOR as u64),
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind,
            perm: u16::try_from(mode & 0o7777).expect("it was cut"),
            nlink: 1,
            uid,
            gid,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }
}

impl Filesystem for Mounted {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let content = lock(&self.0);
        match content.find(name).and_then(|number| content.attributes(number)) {
            Ok(attributes) => reply.entry(&TTL, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match lock(&self.0).attributes(number) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut content = lock(&self.0);
        if let Ok(file) = content.file(number) {
            file.mode = mode.unwrap_or(file.mode);
            if let Some(size) = size {
                file.data.change(Writing::Length(index(size)));
            }
        }
        match content.attributes(number) {
            Ok(attributes) => reply.attr(&TTL, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let mut content = lock(&self.0);
        match content.find(name) {
            Ok(_) => {
                content.names.change(Naming(name.to_owned(), None));
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::empty());
    }

    fn create(&self, request: &Request, _: INodeNo, name: &OsStr, mode: u32, umask: u32, _: i32, reply: ReplyCreate) {
        let mut content = lock(&self.0);
        let owner = (request.uid(), request.gid());
        let number = content.find(name).unwrap_or_else(|_| content.create(name, mode & !umask, owner));
        let attributes = content.attributes(number).expect("it was just made");
        reply.created(&TTL, &attributes, Generation(0), FileHandle(0), FopenFlags::empty());
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match lock(&self.0).file(number) {
            Ok(file) => {
                let data = &file.data.now;
                let from = index(offset).min(data.len());
                reply.data(&data[from..(from + size as usize).min(data.len())]);
            }
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match lock(&self.0).file(number) {
            Ok(file) => {
                let mut at = index(offset);
                let mut rest = bytes;
                while !rest.is_empty() {
                    let (sector, others) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                    file.data.change(Writing::Bytes(at, sector.to_owned()));
                    at += sector.len();
                    rest = others;
                }
                reply.written(u32::try_from(bytes.len()).expect("the kernel asks for less"));
            }
            Err(error) => reply.error(error),
        }
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        match lock(&self.0).file(number) {
            Ok(file) => {
                file.data.sync();
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }

    fn fsyncdir(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        lock(&self.0).names.sync();
        reply.ok();
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("memory has room for it")
}
