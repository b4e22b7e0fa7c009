"""What a sweep is told to keep."""


async def nothing(_found):
    return ()


async def everything(found):
    return found
