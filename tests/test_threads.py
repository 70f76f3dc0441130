"""One BLAS thread: nested, in several threads that leave in any order, after errors and in forked children."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import scipy.linalg  # noqa: F401  its BLAS is one of those that are limited
from threadpoolctl import threadpool_info, threadpool_limits

from simulate.threads import one_blas_thread


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two():
    """A BLAS of two threads, as a machine of two cores has it."""
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this BLAS has one thread")
        yield


def overlapping(limited) -> tuple[set[int], set[int]]:
    """A sibling enters after and leaves after us: what it sees when we have left, and what is seen when all have."""
    entered, left, seen = threading.Event(), threading.Event(), []

    def sibling() -> None:
        with limited():
            entered.set()
            assert left.wait(10)
            seen.append(threads())

    with ThreadPoolExecutor(1) as pool:
        with limited():
            running = pool.submit(sibling)
            assert entered.wait(10)
        left.set()
        running.result()
    return seen[0], threads()


@pytest.mark.usefixtures("two")
def test_the_last_that_leaves_restores():
    assert overlapping(one_blas_thread) == ({1}, {2})


@pytest.mark.usefixtures("two")
def test_threadpoolctl_alone_would_not_do():
    assert overlapping(lambda: threadpool_limits(1, user_api="blas")) != ({1}, {2})


@pytest.mark.usefixtures("two")
def test_nested_and_after_an_error():
    with one_blas_thread():
        with pytest.raises(ArithmeticError), one_blas_thread():
            raise ArithmeticError
        assert threads() == {1}
    assert threads() == {2}


@pytest.mark.usefixtures("two")
def test_many_threads_at_once():
    def work(_: int) -> bool:
        with one_blas_thread():
            return threads() == {1}

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    assert threads() == {2}


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_a_child_forked_while_another_thread_enters_does_not_wait_for_ever():
    code = """if True:
        import os, signal, threading
        from simulate.threads import one_blas_thread
        def work():
            while not over:
                with one_blas_thread():
                    pass
        over = False
        others = [threading.Thread(target=work) for _ in range(3)]
        for other in others:
            other.start()
        for _ in range(30):
            if (child := os.fork()) == 0:
                signal.alarm(20)
                with one_blas_thread():
                    os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        over = True
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=60)
