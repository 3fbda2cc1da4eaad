//! How the C library hands out memory to a daemon.

/// One arena for all threads, of which free memory at the end goes back to the system. By default
/// glibc gives each thread an arena, and the trees of pages leave holes in all of them: a fourth
/// more memory for the same work. A value of the operator's own is left alone.
///
/// glibc can be told so only by its environment, so the program starts itself once more, as the
/// same process. Where that fails it goes on as it is.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) fn one_arena() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    const TUNABLES: &str = "GLIBC_TUNABLES";
    const VALUE: &str = "glibc.malloc.arena_max=1:glibc.malloc.trim_threshold=262144:glibc.malloc.mmap_threshold=1048576";
    if [TUNABLES, "MALLOC_ARENA_MAX"]
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        return;
    }
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else {
        return;
    };
    let _ = Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(TUNABLES, VALUE)
        .exec();
}

/// Other libraries have no arenas to tell of.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(super) fn one_arena() {}
